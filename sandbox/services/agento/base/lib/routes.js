'use strict';

const { createAuth } = require('./auth');
const health = require('./health');
const listings = require('./listings');
const runs = require('./runs');
const steps = require('./steps');
const writes = require('./writes');

/** Every route of the service: method, path, who may (`allow`), and what it answers (`handle`). */
exports.createRoutes = (parts) => {
  const all = { ...parts, auth: createAuth(parts.settings) };
  return [health, runs, steps, listings, writes].flatMap(({ routes }) => routes(all));
};
