'use strict';

const runTables = require('./tables');
const stream = require('./stream');

const expected = [...Object.values(runTables), ...stream.tables].map((table) => `runtime.${table}`);

/** Tables that this release reads or writes. */
exports.expected = expected;

/** Those of them that the database does not have. */
exports.missing = async (database) => {
  const { rows } = await database.query(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL ORDER BY name',
    [expected],
  );
  return rows.map((row) => row.name);
};
