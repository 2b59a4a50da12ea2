'use strict';

const { log } = require('./log');
const { exclusively, migrate } = require('./migrations');
const schema = require('./schema');

const migrateAndVerify = async (client) => {
  await migrate(client);
  const missing = await schema.missing(client);
  if (missing.length > 0) throw new Error(`verification failed, tables are missing: ${missing.join(', ')}`);
  log('INFO', `verified: ${schema.expected.join(', ')}`);
};

/** The functions of OpenAgentsRuntime.Release that this image has, by name. */
exports.functions = {
  migrate: (databaseUrl) => exclusively(databaseUrl, migrate),
  'migrate_and_verify!': (databaseUrl) => exclusively(databaseUrl, migrateAndVerify),
};
