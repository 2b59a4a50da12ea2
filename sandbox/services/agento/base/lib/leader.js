'use strict';

/** Whether this process may take runs: every one may, a lock on the row keeps two from taking the same. */
exports.mayTakeRuns = () => true;
