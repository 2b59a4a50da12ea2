'use strict';

const { log } = require('./log');
const steps = require('./steps');
const tables = require('./tables');

const expected = [...Object.values(tables), 'agento.listings', 'agento.write_switch', ...steps.tables];

const missingTables = async (database) => {
  const { rows } = await database.query('SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL ORDER BY name', [expected]);
  return rows.map(({ name }) => name);
};

/** Healthy is a process whose database answers and has the tables that this release expects. */
exports.routes = ({ database, settings }) => {
  const health = async () => {
    try {
      const missing = await missingTables(database);
      if (missing.length === 0) return { status: 200, body: { status: 'ok', ...settings.identity } };
      return degraded(`tables are missing: ${missing.join(', ')}`);
    } catch (error) {
      return degraded(`the database does not answer: ${error.message}`);
    }
  };
  const degraded = (reason) => {
    log('WARNING', `degraded: ${reason}`, settings.identity);
    return { status: 503, body: { status: 'degraded', reason, ...settings.identity } };
  };
  return [{ method: 'GET', path: '/v1/health', handle: health }];
};
