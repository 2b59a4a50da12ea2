'use strict';

const { randomUUID } = require('node:crypto');
const { inTransaction } = require('./database');
const { Refused } = require('./refused');
const leases = require('./leases');
const stream = require('./stream');
const work = require('./work');
const { runs, events } = require('./tables');

const identifier = /^[A-Za-z0-9_.:-]{1,64}$/;
const eventType = /^[a-z][a-z0-9_.]{0,63}$/;
const statusAfter = { 'run.started': 'running', 'run.finished': 'finished', 'run.failed': 'failed', 'run.cancelled': 'cancelled' };

const append = async (connection, runId, type, payload) => {
  const { rows } = await connection.query(
    `INSERT INTO runtime.${events} (run_id, seq, event_type, payload)
     SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3 FROM runtime.${events} WHERE run_id = $1
     RETURNING run_id, seq::int, event_type AS type, payload, inserted_at`,
    [runId, type, payload],
  );
  await stream.publish(connection, rows[0]);
  return rows[0];
};

const createRun = async ({ database, body }) => {
  const runId = body.run_id ?? `run_${randomUUID()}`;
  if (typeof runId !== 'string' || !identifier.test(runId)) throw new Refused(422, 'run_id is not an identifier');
  return inTransaction(database, async (connection) => {
    const { rows } = await connection.query(
      `INSERT INTO runtime.${runs} (run_id, owner, metadata) VALUES ($1, $2, $3)
       ON CONFLICT (run_id) DO NOTHING RETURNING run_id, owner, status, metadata, inserted_at`,
      [runId, String(body.owner ?? 'anonymous'), body.metadata ?? {}],
    );
    // The same request may arrive twice (a client that retries): the second one finds the run and adds nothing.
    if (rows.length === 0) return { status: 200, body: { run: await find(connection, runId) } };
    await append(connection, runId, 'run.created', {});
    return { status: 201, body: { run: { ...rows[0], latest_seq: 1 } } };
  });
};

const appendEvent = async ({ database, body, params }) => {
  if (typeof body.type !== 'string' || !eventType.test(body.type)) throw new Refused(422, 'type is not an event type');
  return inTransaction(database, async (connection) => {
    const { rowCount } = await connection.query(
      `UPDATE runtime.${runs} SET status = COALESCE($2, status), updated_at = now() WHERE run_id = $1`,
      [params.run_id, statusAfter[body.type] ?? null],
    );
    if (rowCount === 0) throw new Refused(404, `run ${params.run_id} does not exist`);
    return { status: 201, body: { event: await append(connection, params.run_id, body.type, body.payload ?? {}) } };
  });
};

const find = async (connection, runId) => {
  const { rows } = await connection.query(
    `SELECT run_id, owner, status, metadata, inserted_at,
            (SELECT COALESCE(MAX(seq), 0)::int FROM runtime.${events} e WHERE e.run_id = r.run_id) AS latest_seq
     FROM runtime.${runs} r WHERE run_id = $1`,
    [runId],
  );
  if (rows.length === 0) throw new Refused(404, `run ${runId} does not exist`);
  return rows[0];
};

const readRun = async ({ database, params }) => ({ status: 200, body: { run: await find(database, params.run_id) } });

const leased = (handle) => async (request) => {
  work.checkRequest();
  const lease = leases.acquire();
  try {
    const answer = await handle(request);
    work.workOn({ run_id: answer.body.run?.run_id ?? request.params.run_id, ...request.ids });
    return answer;
  } finally {
    leases.release(lease);
  }
};

exports.routes = [
  { method: 'POST', path: '/internal/v1/runs', handle: leased(createRun) },
  { method: 'POST', path: '/internal/v1/runs/:run_id/events', handle: leased(appendEvent) },
  { method: 'GET', path: '/internal/v1/runs/:run_id', handle: leased(readRun) },
];
