/**
 * `npm run pack:client`: makes the package of the command line alone, `.slipway/slipway-client-<version>.tgz`. It has
 * no sandbox, no worker and no database, and no dependencies: all that it needs is in its files.
 */
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'rolldown';
import { projectFolder } from '../cli/project-folder.ts';

const state = path.join(projectFolder, '.slipway');
const folder = path.join(state, 'client-package');
/** Libraries of the platforms: few commands want them, and they say so. */
const external = [/^@google-cloud\//, /^google-gax/, /^google-auth-library/, /^@kubernetes\//];

const pageScript = path.join('client', 'board', 'page.js');

const { version, license } = JSON.parse(await readFile(path.join(projectFolder, 'package.json'), 'utf8')) as {
  version: string;
  license: string;
};

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await build({
  input: { main: path.join(import.meta.dirname, 'main.ts') },
  platform: 'node',
  external,
  logLevel: 'warn',
  // As deep as the sources: what looks for the project's folder finds the package.
  output: {
    dir: path.join(folder, 'client', 'cli'),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    minify: true,
  },
});
await writeFile(path.join(folder, 'slipway'), "#!/usr/bin/env node\nimport './client/cli/main.mjs';\n");
await chmod(path.join(folder, 'slipway'), 0o755);
await mkdir(path.dirname(path.join(folder, pageScript)), { recursive: true });
// The board sends it to browsers as it is.
await copyFile(path.join(projectFolder, pageScript), path.join(folder, pageScript));
await copyFile(path.join(import.meta.dirname, 'README.md'), path.join(folder, 'README.md'));
await copyFile(path.join(projectFolder, 'LICENSE'), path.join(folder, 'LICENSE'));
const manifest = {
  name: 'slipway-client',
  version,
  description: 'The command line of Slipway: start releases, approve, follow and query them.',
  license,
  type: 'module',
  bin: { slipway: './slipway' },
  engines: { node: '>=22.12' },
};
await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await execa('npm', ['pack', '--silent', '--pack-destination', state], { cwd: folder });
process.stdout.write(`${path.join(state, `slipway-client-${version}.tgz`)}\n`);
