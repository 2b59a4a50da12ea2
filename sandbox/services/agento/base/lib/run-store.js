'use strict';

const { randomUUID } = require('node:crypto');
const { inTransaction } = require('./database');
const { Refused } = require('./refused');
const { runs, transitions } = require('./tables');
const { refuseWhileFrozen } = require('./writes');

const columns = 'run_id AS "runId", goal, marker, status, created_at AS "createdAt"';

const record = (connection, runId, status) => connection.query(`INSERT INTO ${transitions} (run_id, status) VALUES ($1, $2)`, [runId, status]);

const byMarker = async (connection, marker) => {
  const { rows } = await connection.query(`SELECT ${columns} FROM ${runs} WHERE marker = $1`, [marker]);
  return rows[0];
};

/** Puts a run into the queue. The same marker twice is the same run, also for two requests at the same time. */
exports.enqueue = (database, { goal, marker, enqueuedBy }) =>
  inTransaction(database, async (connection) => {
    await refuseWhileFrozen(connection);
    const { rows } = await connection.query(
      `INSERT INTO ${runs} (run_id, goal, marker, enqueued_by) VALUES ($1, $2, $3, $4)
       ON CONFLICT (marker) DO NOTHING RETURNING ${columns}`,
      [`run_${randomUUID()}`, goal, marker, enqueuedBy],
    );
    if (rows.length === 0) return byMarker(connection, marker);
    await record(connection, rows[0].runId, 'queued');
    return rows[0];
  });

exports.list = async (database, { limit, marker }) => {
  const { rows } = await database.query(
    `SELECT ${columns} FROM ${runs} WHERE $2::text IS NULL OR marker = $2 ORDER BY created_at DESC, run_id LIMIT $1`,
    [limit, marker],
  );
  return rows;
};

exports.find = async (database, runId) => {
  const { rows } = await database.query(`SELECT ${columns}, output AS "runOutput" FROM ${runs} WHERE run_id = $1`, [runId]);
  if (rows.length === 0) throw new Refused(404, `run ${runId} does not exist`);
  return rows[0];
};

exports.transitionsOf = async (database, runId) => {
  const { rows } = await database.query(`SELECT status, at FROM ${transitions} WHERE run_id = $1 ORDER BY id`, [runId]);
  return rows;
};
