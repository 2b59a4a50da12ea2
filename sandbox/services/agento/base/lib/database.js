'use strict';

const { Pool } = require('pg');
const { log } = require('./log');

/** A small pool: several revisions of this service share one PostgreSQL. */
exports.openDatabase = (connectionString) => {
  const pool = new Pool({
    connectionString,
    max: 4,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 10_000,
    statement_timeout: 10_000,
    application_name: 'agento',
  });
  pool.on('error', (error) => log('WARNING', `idle database connection lost: ${error.message}`));
  return pool;
};

/** Runs `work` with one connection in one transaction. */
exports.inTransaction = async (pool, work) => {
  const connection = await pool.connect();
  try {
    await connection.query('BEGIN');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    connection.release();
  }
};
