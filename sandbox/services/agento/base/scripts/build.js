'use strict';

const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { filesBelow, root, scripts } = require('./source-files');

/** Files that a script requires by a relative path and that are not there. */
const unresolved = (file) => {
  const required = [...readFileSync(join(root, file), 'utf8').matchAll(/require\('(\.[^']*)'\)/g)].map(([, path]) => path);
  return required.filter((path) => !['', '.js', '/index.js'].some((end) => existsSync(join(root, dirname(file), `${path}${end}`))));
};

const problems = scripts().flatMap((file) => unresolved(file).map((path) => `${file}: ${path} does not exist`));
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  const manifest = Object.fromEntries(filesBelow(root).map((file) => [file, createHash('sha256').update(readFileSync(join(root, file))).digest('hex')]));
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'dist', 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  process.stdout.write(`built: ${Object.keys(manifest).length} files\n`);
}
