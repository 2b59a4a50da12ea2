'use strict';

/** The readiness probe of the platform. Tasks come by the new gateway. */
exports.createRoutes = (settings) => ({
  'GET /healthz': () => ({
    status: 200,
    body: { status: 'ok', commit: settings.commit, profile: settings.profile, activity_state: settings.activityState },
  }),
});
