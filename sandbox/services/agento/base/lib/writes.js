'use strict';

const { Refused } = require('./refused');

/**
 * Whether writes are frozen, read under a lock that every writing transaction shares: who freezes waits for those that have begun, so that
 * once the freeze is acknowledged nothing is written any more.
 */
exports.isFrozen = async (connection) => {
  const { rows } = await connection.query('SELECT frozen FROM agento.write_switch FOR SHARE');
  return rows[0].frozen;
};

exports.refuseWhileFrozen = async (connection) => {
  if (await exports.isFrozen(connection)) throw new Refused(503, 'writes are frozen');
};

/** Routes of the switch. It is kept in the database, so that every revision and every later process obeys it. */
exports.routes = ({ database, auth }) => {
  const read = async () => {
    const { rows } = await database.query('SELECT frozen, changed_at AS "changedAt" FROM agento.write_switch');
    return { status: 200, body: rows[0] };
  };
  const change = async ({ body }) => {
    if (typeof body.frozen !== 'boolean') throw new Refused(422, 'frozen must be true or false');
    await database.query('UPDATE agento.write_switch SET frozen = $1, changed_at = now() WHERE frozen <> $1', [body.frozen]);
    return read();
  };
  return [
    { method: 'GET', path: '/v1/admin/writes', allow: auth.agent, handle: read },
    { method: 'PUT', path: '/v1/admin/writes', allow: auth.agent, handle: change },
  ];
};
