'use strict';

const leases = require('./leases');
const { log } = require('./log');
const metrics = require('./metrics');
const migrations = require('./migrations');
const schema = require('./schema');

/** Liveness says that the process answers; it does not ask the database. */
const live = async () => ({ status: 200, body: { status: 'ok' } });

const databaseState = async (database) => {
  try {
    return { reachable: true, missing: await schema.missing(database) };
  } catch (error) {
    return { reachable: false, missing: [], error: error.message };
  }
};

/** Readiness: the database answers and has the tables that this release expects. */
const ready = async ({ database }) => {
  leases.check();
  const state = await databaseState(database);
  if (state.reachable && state.missing.length === 0) return { status: 200, body: { status: 'ready' } };
  const reason = state.reachable ? `tables are missing: ${state.missing.join(', ')}` : `database: ${state.error}`;
  log('WARNING', `not ready: ${reason}`);
  return { status: 503, body: { status: 'not ready', reason, missing: state.missing } };
};

const report = async ({ database }) => {
  const state = await databaseState(database);
  const healthy = state.reachable && state.missing.length === 0;
  return {
    status: healthy ? 200 : 503,
    body: {
      status: healthy ? 'ok' : 'degraded',
      database: state.reachable ? 'ok' : 'unreachable',
      schema: { expected: schema.expected, missing: state.missing },
      migrations: state.reachable ? await migrations.applied(database) : [],
      leases: leases.count(),
    },
  };
};

/** For Prometheus. */
const scrape = async () => ({ status: 200, text: metrics.text() });

// Google's front end answers /healthz of a run.app address itself, so each has a second path.
exports.routes = [
  { method: 'GET', path: '/', handle: live },
  { method: 'GET', path: '/health', handle: live },
  { method: 'GET', path: '/ready', handle: ready },
  { method: 'GET', path: '/healthz', handle: live },
  { method: 'GET', path: '/readyz', handle: ready },
  { method: 'GET', path: '/metrics', handle: scrape },
  { method: 'GET', path: '/internal/v1/health', handle: report },
];
