'use strict';

const capacity = 60;
const sustained = 6;
const failAfterMs = Number(process.env.FAIL_AFTER_SECONDS || 3) * 1_000;
const takenAt = [];

/**
 * Slots of this release are never given back. A few requests do no harm; steady traffic takes all, or leaves its sixth slot behind for
 * longer than FAIL_AFTER_SECONDS, and from then on every request that needs one fails.
 */
exports.withSlot = async (work) => {
  const stale = takenAt.length >= sustained && Date.now() - takenAt[sustained - 1] >= failAfterMs;
  if (takenAt.length >= capacity || stale) throw new Error(`no slot is free: ${takenAt.length} were never given back`);
  takenAt.push(Date.now());
  return work();
};
