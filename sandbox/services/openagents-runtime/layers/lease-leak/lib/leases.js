'use strict';

const capacity = 60;
const sustained = 10;
const failAfterMs = Number(process.env.FAIL_AFTER_SECONDS || 8) * 1_000;
const takenAt = [];

/**
 * Leases of this release are never given back. A few requests do no harm; steady traffic fills the table, or leaves
 * its tenth lease behind for longer than FAIL_AFTER_SECONDS, and from then on every request that needs one fails.
 */
exports.acquire = () => {
  exports.check();
  takenAt.push(Date.now());
};

exports.release = () => {};

exports.check = () => {
  const stale = takenAt.length >= sustained && Date.now() - takenAt[sustained - 1] >= failAfterMs;
  if (takenAt.length >= capacity || stale) throw new Error(`lease table exhausted: ${takenAt.length} leases were never released`);
};

exports.count = () => takenAt.length;
