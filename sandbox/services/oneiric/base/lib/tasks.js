'use strict';

const { randomUUID } = require('node:crypto');

const maxRuns = 1_000;

/** Takes tasks of the queue. The same `run_id` twice is one run, since a queue may deliver twice. */
exports.createTasks = ({ workflows }, activityState) => {
  const known = new Set(workflows.map(({ key }) => key));
  const runs = new Map();
  return {
    accept: (task) => {
      if (activityState === 'draining') return { status: 503, body: { error: 'the service takes no work any more' } };
      if (task === null || typeof task !== 'object' || !known.has(task.workflow))
        return { status: 400, body: { error: 'must have a workflow that the manifest names' } };
      const id = typeof task.run_id === 'string' && task.run_id !== '' ? task.run_id : randomUUID();
      const run = runs.get(id) ?? { run_id: id, workflow: task.workflow, status: 'accepted' };
      runs.set(id, run);
      if (runs.size > maxRuns) runs.delete(runs.keys().next().value);
      return { status: 202, body: run };
    },
  };
};
