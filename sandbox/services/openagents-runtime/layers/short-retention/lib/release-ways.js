'use strict';

/** Events are retained for too short a time: clients come with stale cursors from some seconds on. */
module.exports = ['stale-cursors'];
