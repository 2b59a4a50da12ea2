'use strict';

const required = require('./required-settings');

const addresses = ['TEMPO_RPC_URL', 'APP_BASE_URL', 'DOWNSTREAM_API_URL'];

const problemsOf = (env) => {
  const missing = required.filter((name) => !env[name]);
  const malformed = addresses.filter((name) => env[name] && !URL.canParse(env[name]));
  return [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...malformed.map((name) => `${name} is not an address`),
    ...(env.CHAIN_ID && !/^[1-9]\d{0,17}$/.test(env.CHAIN_ID) ? ['CHAIN_ID is not a number'] : []),
  ];
};

const seconds = (text, otherwise) => (Number(text) > 0 ? Number(text) : otherwise) * 1_000;

/** Settings of the process and everything that is wrong with them. COMMIT_SHA is given by whoever deploys. */
exports.readSettings = (env) => {
  const commit = env.COMMIT_SHA || env.K_REVISION || 'dev';
  const settings = {
    host: env.HOST || '127.0.0.1',
    port: Number(env.PORT || 4200),
    databaseUrl: env.DATABASE_URL,
    apiKey: env.INTERNAL_API_KEY,
    appBaseUrl: env.APP_BASE_URL,
    downstreamApiUrl: env.DOWNSTREAM_API_URL,
    tempoRpcUrl: env.TEMPO_RPC_URL,
    chainId: Number(env.CHAIN_ID),
    // Two processes on one machine are two workers, also where no platform names a revision.
    worker: env.K_REVISION || `process-${process.pid}`,
    runMs: Number(env.RUN_MS || 150),
    pollMs: Number(env.POLL_MS || 1_000),
    adoptAfterMs: seconds(env.ADOPT_AFTER_SECONDS, 60),
    leaseMs: seconds(env.LEASE_SECONDS, 30),
    identity: { service: env.K_SERVICE || 'agento', commit, revision: env.K_REVISION || null },
  };
  return { settings, problems: problemsOf(env) };
};
