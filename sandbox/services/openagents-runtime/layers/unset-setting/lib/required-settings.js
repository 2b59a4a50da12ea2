'use strict';

/** Environment variables without which this release does not start. */
module.exports = ['DATABASE_URL', 'RUNTIME_LEASE_REGION'];
