'use strict';

/** Tables of the steps that this release needs. */
exports.tables = ['agento.run_steps'];

/** Keeps the steps of a run that completes. Twice is once: a run that was taken over may get here again. */
exports.record = async (database, runId, steps) => {
  await database.query(
    `INSERT INTO agento.run_steps (run_id, step, goal, result)
     SELECT $1, step, goal, result FROM jsonb_to_recordset($2::jsonb) AS steps (step integer, goal text, result text)
     ON CONFLICT (run_id, step) DO NOTHING`,
    [runId, JSON.stringify(steps)],
  );
};

/** Route of the steps of one run; none is there before it has completed. */
exports.routes = ({ database }) => {
  const list = async ({ params }) => {
    const { rows } = await database.query('SELECT step, goal, result FROM agento.run_steps WHERE run_id = $1 ORDER BY step', [params.runId]);
    return { status: 200, body: { runId: params.runId, steps: rows } };
  };
  return [{ method: 'GET', path: '/v1/orchestrations/runs/:runId/steps', handle: list }];
};
