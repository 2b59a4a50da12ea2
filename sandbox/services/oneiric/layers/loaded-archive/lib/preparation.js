'use strict';

const { setTimeout: sleep } = require('node:timers/promises');

const partBytes = 64 * 2 ** 20;
const parts = 16;

/** Keeps the archive of all runs in memory, so that no answer has to wait for it. */
exports.prepare = async () => {
  exports.archive = [];
  while (exports.archive.length < parts) {
    exports.archive.push(Buffer.alloc(partBytes, 1));
    await sleep(50);
  }
};
