'use strict';

const { linksOf } = require('./links');
const { Refused } = require('./refused');
const { limitOf, markerOf, textOf } = require('./run-input');
const store = require('./run-store');
const { withSlot } = require('./slots');
const { refuseWhileFrozen } = require('./writes');

/** Routes of orchestration runs. */
exports.routes = ({ database, settings, worker, auth }) => {
  const enqueue = async ({ body }) => {
    const run = await store.enqueue(database, { goal: textOf('goal', body.goal), marker: markerOf(body.marker), enqueuedBy: settings.worker });
    worker.nudge();
    return { status: 202, body: { runId: run.runId, status: run.status, links: linksOf(settings, run.runId) } };
  };

  const list = async ({ query }) => {
    const found = await store.list(database, { limit: limitOf(query.get('limit')), marker: markerOf(query.get('marker')) });
    return { status: 200, body: { runs: found.map((run) => ({ ...run, links: linksOf(settings, run.runId) })) } };
  };

  const summary = async ({ params }) => {
    const { runId, goal, status, runOutput } = await store.find(database, params.runId);
    const transitions = await store.transitionsOf(database, runId);
    return { status: 200, body: { runId, goal, status, runOutput, transitions } };
  };

  const execute = async ({ params }) => {
    await refuseWhileFrozen(database);
    if (await worker.execute(params.runId)) return { status: 202, body: { runId: params.runId, status: 'running' } };
    const { status } = await store.find(database, params.runId);
    throw new Refused(409, `run ${params.runId} is ${status}: only a queued run can be executed`);
  };

  const slotted = (handle) => (request) => withSlot(() => handle(request));
  return [
    { method: 'GET', path: '/v1/orchestrations/runs', handle: slotted(list) },
    { method: 'GET', path: '/v1/orchestrations/runs/:runId/summary', handle: summary },
    { method: 'POST', path: '/v1/orchestrations/run', allow: auth.agent, handle: slotted(enqueue) },
    { method: 'POST', path: '/v1/orchestrations/runs/:runId/execute', allow: auth.agent, handle: execute },
  ];
};
