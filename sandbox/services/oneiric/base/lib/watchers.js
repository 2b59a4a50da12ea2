'use strict';

const { watch } = require('node:fs');
const { join } = require('node:path');
const { log } = require('./log');

/** Says when a watched folder changes. Throws for one that cannot be watched. */
exports.watchFiles = ({ folder, watchedFolders }) => {
  for (const name of watchedFolders)
    watch(join(folder, name), () => log('INFO', `${name} has changed: start again to take it`));
};
