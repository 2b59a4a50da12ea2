'use strict';

const { exclusively, migrate } = require('./migrations');

/** The functions of OpenAgentsRuntime.Release that this image has, by name. */
exports.functions = {
  migrate: (databaseUrl) => exclusively(databaseUrl, migrate),
};
