'use strict';

/** Environment values without which a release does not start (runbook 004, "Required Inputs"), and one that no environment has. */
module.exports = ['DATABASE_URL', 'TEMPO_RPC_URL', 'CHAIN_ID', 'APP_BASE_URL', 'DOWNSTREAM_API_URL', 'INTERNAL_API_KEY', 'DOWNSTREAM_API_REGION'];
