'use strict';

const { randomUUID } = require('node:crypto');
const { inTransaction } = require('./database');
const { limitOf, markerOf, textOf } = require('./run-input');
const { refuseWhileFrozen } = require('./writes');

const columns = 'listing_id AS "listingId", title, marker, created_at AS "createdAt"';

const create = (database, { title, marker }) =>
  inTransaction(database, async (connection) => {
    await refuseWhileFrozen(connection);
    const { rows } = await connection.query(
      `INSERT INTO agento.listings (listing_id, title, marker) VALUES ($1, $2, $3) ON CONFLICT (marker) DO NOTHING RETURNING ${columns}`,
      [`listing_${randomUUID()}`, title, marker],
    );
    if (rows.length > 0) return { status: 201, body: rows[0] };
    const there = await connection.query(`SELECT ${columns} FROM agento.listings WHERE marker = $1`, [marker]);
    return { status: 200, body: there.rows[0] };
  });

const list = async (database, { limit, marker }) => {
  const { rows } = await database.query(
    `SELECT ${columns} FROM agento.listings WHERE $2::text IS NULL OR marker = $2 ORDER BY created_at DESC LIMIT $1`,
    [limit, marker],
  );
  return { status: 200, body: { listings: rows } };
};

/** Routes of listings: what users write, with a role that may. */
exports.routes = ({ database, auth }) => [
  { method: 'GET', path: '/v1/listings', handle: ({ query }) => list(database, { limit: limitOf(query.get('limit')), marker: markerOf(query.get('marker')) }) },
  { method: 'POST', path: '/v1/listings', allow: auth.writer, handle: ({ body }) => create(database, { title: textOf('title', body.title), marker: markerOf(body.marker) }) },
];
