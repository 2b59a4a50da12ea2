'use strict';

const { readManifest } = require('./reports');
const { createTasks } = require('./tasks');

/** The readiness probe, and the callback of the task queue. */
exports.createRoutes = (settings) => {
  const tasks = createTasks(readManifest(settings), settings.activityState);
  return {
    'GET /health': () => ({
      status: 200,
      body: { status: 'ok', commit: settings.commit, profile: settings.profile, activity_state: settings.activityState },
    }),
    'POST /tasks/workflow': (task) => tasks.accept(task),
  };
};
