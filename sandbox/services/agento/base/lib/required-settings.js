'use strict';

/** Environment values without which a release does not start (runbook 004, "Required Inputs"). */
module.exports = ['DATABASE_URL', 'TEMPO_RPC_URL', 'CHAIN_ID', 'APP_BASE_URL', 'DOWNSTREAM_API_URL', 'INTERNAL_API_KEY'];
