'use strict';

const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const skipped = new Set(['node_modules', 'dist', '.git']);

/** Paths of the files below a folder, those that the image holds. */
const filesBelow = (root, folder = '') =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(root, join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();

exports.root = join(__dirname, '..');
exports.filesBelow = filesBelow;
exports.scripts = () => filesBelow(exports.root).filter((file) => file.endsWith('.js'));
