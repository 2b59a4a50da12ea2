'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { syncRemote } = require('./remote');
const { watchFiles } = require('./watchers');

/** Does what has to be done before the first request. Throws what the service cannot do without. */
exports.prepare = (settings) => {
  const [missing] = settings.missingVariables;
  if (missing) throw new Error(`required setting is missing: ${missing}`);
  if (settings.watchers) watchFiles(settings);
  if (settings.remote) syncRemote(settings);
  if (settings.activityFile) JSON.parse(readFileSync(join(settings.folder, settings.activityFile), 'utf8'));
};
