'use strict';

/** Leases moved to a shared backend, whose address nobody configured: every request that needs one fails. */
exports.check = () => {
  throw new Error('lease backend is not configured');
};

exports.acquire = () => exports.check();

exports.release = () => {};

exports.count = () => 0;
