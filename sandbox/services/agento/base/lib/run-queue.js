'use strict';

const { inTransaction } = require('./database');
const { mayFollow } = require('./run-states');
const { runs, transitions } = require('./tables');
const { isFrozen } = require('./writes');

/**
 * What a worker may take, oldest first: runs that came in through its own revision at once, so that a release without traffic proves its own
 * worker; any that has waited long, since its revision may be gone; and one whose worker has not finished it within its lease.
 */
const takeable = `
  (status = 'queued' AND (enqueued_by = $1 OR created_at < now() - $2 * interval '1 millisecond'))
  OR (status = 'running' AND lease_until < now())`;

const take = async (database, { worker, leaseMs }, which, values) =>
  inTransaction(database, async (connection) => {
    if (await isFrozen(connection)) return undefined;
    const found = await connection.query(`SELECT run_id FROM ${runs} WHERE ${which} ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`, values);
    if (found.rows.length === 0) return undefined;
    const { rows } = await connection.query(
      `UPDATE ${runs} SET status = 'running', worker = $2, attempt = attempt + 1, lease_until = now() + $3 * interval '1 millisecond'
       WHERE run_id = $1 RETURNING run_id AS "runId", goal, attempt`,
      [found.rows[0].run_id, worker, leaseMs],
    );
    await connection.query(`INSERT INTO ${transitions} (run_id, status) VALUES ($1, 'running')`, [rows[0].runId]);
    return rows[0];
  });

/** Takes the next run, if there is one; nobody else gets it while the lease lasts. Nothing is taken while writes are frozen. */
exports.takeNext = (database, settings) => take(database, settings, takeable, [settings.worker, settings.adoptAfterMs]);

/** Takes one run, if it waits. */
exports.takeRun = (database, settings, runId) => take(database, settings, "run_id = $1 AND status = 'queued'", [runId]);

/** Records the end of a run that this worker took, unless somebody else has taken it over since. Answers whether it counted. */
exports.finish = (database, { worker }, { runId, attempt }, status, output) =>
  inTransaction(database, async (connection) => {
    if (!mayFollow('running', status)) throw new Error(`a running run cannot become ${status}`);
    const { rowCount } = await connection.query(
      `UPDATE ${runs} SET status = $4, output = $5, lease_until = NULL
       WHERE run_id = $1 AND status = 'running' AND worker = $2 AND attempt = $3`,
      [runId, worker, attempt, status, JSON.stringify(output)],
    );
    if (rowCount === 0) return false;
    await connection.query(`INSERT INTO ${transitions} (run_id, status) VALUES ($1, $2)`, [runId, status]);
    return true;
  });
