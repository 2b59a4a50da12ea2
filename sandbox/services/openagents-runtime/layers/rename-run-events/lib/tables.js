'use strict';

/** The tables that runs and their events live in. */
module.exports = { runs: 'runs', events: 'run_log' };
