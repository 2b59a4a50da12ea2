'use strict';

const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const shape = /^(\d{14})_([a-z][a-z0-9_]*)\.sql$/;

/** The migrations that file names say, in the order of their versions. Throws with everything that is wrong with the names. */
exports.ordered = (names) => {
  const files = names.filter((name) => name.endsWith('.sql')).sort();
  const versions = files.map((name) => shape.exec(name)?.[1]);
  const problems = files.flatMap((name, index) => [
    ...(versions[index] === undefined ? [`${name} is not named <14 digits>_<name>.sql`] : []),
    ...(versions[index] !== undefined && versions[index] === versions[index - 1] ? [`${name} has the version of another migration`] : []),
  ]);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return files.map((file) => ({ file, version: shape.exec(file)[1], name: shape.exec(file)[2] }));
};

exports.directory = join(__dirname, '..', 'db', 'migrations');

exports.available = () => exports.ordered(readdirSync(exports.directory));
