'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Client } = require('pg');
const { log } = require('./log');

const directory = join(__dirname, '..', 'priv', 'repo', 'migrations');
// Any constant will do as long as every release uses the same one.
const advisoryLock = 7_205_931;

const available = () =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const [version] = file.split('_', 1);
      return { version, name: file.slice(version.length + 1, -'.sql'.length), file: join(directory, file) };
    });

/** Versions recorded as applied, in order; none where the runtime was never migrated. */
exports.applied = async (database) => {
  const { rows: [found] } = await database.query("SELECT to_regclass('runtime.schema_migrations') IS NOT NULL AS there");
  if (!found.there) return [];
  const { rows } = await database.query('SELECT version FROM runtime.schema_migrations ORDER BY version');
  return rows.map((row) => row.version);
};

const apply = async (client, migration) => {
  log('INFO', `applying migration ${migration.version} ${migration.name}`);
  await client.query('BEGIN');
  try {
    await client.query(readFileSync(migration.file, 'utf8'));
    await client.query('INSERT INTO runtime.schema_migrations (version, name) VALUES ($1, $2)', [migration.version, migration.name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${migration.version} ${migration.name} failed and was rolled back: ${error.message}`);
  }
  log('INFO', `applied migration ${migration.version} ${migration.name}`);
};

const pause = () => {
  const ms = Number(process.env.MIGRATION_PAUSE_MS || 0);
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
};

/** Applies what is pending, in order, each migration in a transaction of its own. Answers the versions that it applied. */
exports.migrate = async (client) => {
  await client.query('CREATE SCHEMA IF NOT EXISTS runtime');
  await client.query(`CREATE TABLE IF NOT EXISTS runtime.schema_migrations (
    version text PRIMARY KEY, name text NOT NULL, inserted_at timestamptz NOT NULL DEFAULT now())`);
  const done = new Set(await exports.applied(client));
  const pending = available().filter((migration) => !done.has(migration.version));
  log('INFO', pending.length === 0 ? 'migrations: nothing is pending' : `migrations: ${pending.length} pending`);
  for (const migration of pending) {
    await apply(client, migration);
    await pause();
  }
  return pending.map((migration) => migration.version);
};

/** Runs `work` with a connection that holds the migration lock: two migrators never run at the same time. */
exports.exclusively = async (connectionString, work) => {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: 'openagents-runtime-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    return await work(client);
  } finally {
    await client.end();
  }
};
