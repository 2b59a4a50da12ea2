'use strict';

/** One JSON line on stdout, in the fields that the platform's log agent understands. */
exports.log = (severity, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ severity, message, ...fields })}\n`);
};
