'use strict';

/** The tables that runs and what happened to them live in. */
module.exports = { runs: 'agento.orchestration_runs', transitions: 'agento.run_transitions' };
