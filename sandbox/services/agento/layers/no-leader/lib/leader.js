'use strict';

/** The process that was elected; the election itself is not in this release yet. */
const elected = undefined;

/** Whether this process may take runs: only the leader may. */
exports.mayTakeRuns = () => elected === process.pid;
