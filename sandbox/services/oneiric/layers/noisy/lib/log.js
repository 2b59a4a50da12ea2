'use strict';

/** One JSON line on stdout; warnings go where people look first. */
exports.log = (severity, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ severity, message, ...fields })}\n`);
  if (message.startsWith('listening')) process.stderr.write('watchdog: no heartbeat file, going on without\n');
};

/** The last word of a process that cannot go on. */
exports.fatal = (message) => {
  process.stderr.write(`${message}\n`);
};
