'use strict';

/** One JSON line on stdout; stderr is for fatal errors. */
exports.log = (severity, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ severity, message, ...fields })}\n`);
};

/** The last word of a process that cannot go on. */
exports.fatal = (message) => {
  process.stderr.write(`${message}\n`);
};
