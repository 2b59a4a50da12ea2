'use strict';

const { setTimeout: sleep } = require('node:timers/promises');

/** Waits until all workflows are warm. */
exports.prepare = () => sleep(600_000);
