'use strict';

/** The readiness probe. Tasks come by the new gateway. */
exports.createRoutes = (settings) => ({
  'GET /health': () => ({
    status: 200,
    body: { status: 'ok', commit: settings.commit, profile: settings.profile, activity_state: settings.activityState },
  }),
});
