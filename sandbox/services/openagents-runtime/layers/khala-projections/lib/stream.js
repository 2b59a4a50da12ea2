'use strict';

const { Refused } = require('./refused');

/** Tables of the sync stream and its projector. */
exports.tables = ['sync_stream_events', 'khala_projection_checkpoints'];

const projector = 'run_summary';

/** Writes an event of a run to the sync stream and moves the projector's checkpoint, in the event's own transaction. */
exports.publish = async (connection, event) => {
  await connection.query(
    'INSERT INTO runtime.sync_stream_events (topic, seq, event_type, payload) VALUES ($1, $2, $3, $4)',
    [`run:${event.run_id}`, event.seq, event.type, event.payload],
  );
  await connection.query(
    `INSERT INTO runtime.khala_projection_checkpoints (run_id, projector, last_seq) VALUES ($1, $2, $3)
     ON CONFLICT (run_id, projector) DO UPDATE SET last_seq = EXCLUDED.last_seq, updated_at = now()`,
    [event.run_id, projector, event.seq],
  );
};

const checkpoints = async ({ database, params }) => {
  const { rows } = await database.query(
    `SELECT projector, last_seq::int, updated_at FROM runtime.khala_projection_checkpoints
     WHERE run_id = $1 ORDER BY projector`,
    [params.run_id],
  );
  if (rows.length === 0) throw new Refused(404, `no checkpoint of run ${params.run_id}`);
  return { status: 200, body: { run_id: params.run_id, checkpoints: rows } };
};

exports.routes = [{ method: 'GET', path: '/internal/v1/projectors/checkpoints/:run_id', handle: checkpoints }];
