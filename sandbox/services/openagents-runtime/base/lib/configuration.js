'use strict';

const { log } = require('./log');
const requiredSettings = require('./required-settings');

/**
 * Settings of the process (runbook 003, "Environment"). RUNTIME_BUILD_SHA is given by whoever deploys; a process that
 * was started without it says its revision instead. Ends the process when a required setting is missing.
 */
exports.load = (env) => {
  const missing = requiredSettings.filter((name) => !env[name]);
  if (missing.length > 0) {
    log('CRITICAL', `required configuration is missing: ${missing.join(', ')}`);
    process.exit(1);
  }
  const [host, port] = (env.RUNTIME_BIND_ADDR || `127.0.0.1:${env.PORT || 4100}`).split(':');
  const commit = env.RUNTIME_BUILD_SHA || env.K_REVISION || 'dev';
  return {
    databaseUrl: env.DATABASE_URL,
    host,
    port: Number(port),
    identity: {
      service: env.RUNTIME_SERVICE_NAME || 'runtime',
      commit,
      buildSha: commit,
      revision: env.K_REVISION || null,
    },
  };
};
