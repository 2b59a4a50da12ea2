'use strict';

const { Client, escapeIdentifier } = require('pg');

/** Creates the local databases that are missing; one that is there is left alone. */
const main = async (addresses) => {
  if (addresses.some((address) => !address)) throw new Error('DATABASE_URL and TEST_DATABASE_URL are not set');
  for (const address of addresses) {
    const name = new URL(address).pathname.slice(1);
    const client = new Client({ connectionString: new URL('/postgres', address).href, connectionTimeoutMillis: 5_000 });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
      process.stdout.write(`The database ${name} has ${rowCount === 0 ? '' : 'already '}been created\n`);
    } finally {
      await client.end();
    }
  }
};

main([process.env.DATABASE_URL, process.env.TEST_DATABASE_URL]).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
