'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const { log } = require('./log');
const { available, directory } = require('./migration-files');

// Any constant will do as long as every release uses the same one.
const advisoryLock = 8_160_442;

const prepare = async (client) => {
  await client.query('CREATE SCHEMA IF NOT EXISTS agento');
  await client.query(`CREATE TABLE IF NOT EXISTS agento.schema_migrations (
    version text PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
};

const apply = async (client, { file, version, name }) => {
  await client.query('BEGIN');
  try {
    await client.query(readFileSync(join(directory, file), 'utf8'));
    await client.query('INSERT INTO agento.schema_migrations (version, name) VALUES ($1, $2)', [version, name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${version} ${name} failed and was rolled back: ${error.message}`);
  }
  log('INFO', `applied migration ${version} ${name}`);
};

const migrate = async (client, pauseMs) => {
  await prepare(client);
  const { rows } = await client.query('SELECT version FROM agento.schema_migrations');
  const done = new Set(rows.map(({ version }) => version));
  const pending = available().filter(({ version }) => !done.has(version));
  log('INFO', pending.length === 0 ? 'migrations: nothing is pending' : `migrations: ${pending.length} pending`);
  for (const migration of pending) {
    await apply(client, migration);
    await sleep(pauseMs);
  }
};

/** Applies what is pending, in order, each migration in a transaction of its own. Two migrators never run at the same time. */
exports.migrateDatabase = async (connectionString, { pauseMs = 0 } = {}) => {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: 'agento-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await migrate(client, pauseMs);
  } finally {
    await client.end();
  }
};
