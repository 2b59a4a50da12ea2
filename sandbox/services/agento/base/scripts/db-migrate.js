'use strict';

const { log } = require('../lib/log');
const { migrateDatabase } = require('../lib/migrations');

const main = async ({ DATABASE_URL: databaseUrl, MIGRATION_PAUSE_MS: pauseMs }) => {
  if (!databaseUrl) throw new Error('DATABASE_URL is not set');
  await migrateDatabase(databaseUrl, { pauseMs: Number(pauseMs || 0) });
};

main(process.env).catch((error) => {
  log('ERROR', error.message);
  process.exitCode = 1;
});
