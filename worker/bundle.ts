import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { projectFolder } from './project-folder.ts';

export const payloadConverterPath = path.join(projectFolder, 'worker/payload-converter.ts');
/** Folders and files that end up in the bundle, or decide how it is made. */
const sources = ['workflows', 'contract', 'worker/payload-converter.ts', 'package-lock.json'];

/**
 * Bundles the workflows into one file, once for each state of their sources. Tests, replay and production run this very
 * bundle.
 */
export async function workflowBundle(logger?: Logger): Promise<string> {
  const file = path.join(projectFolder, '.slipway', 'bundle', `${await sourcesHash()}.js`);
  if (await exists(file)) return file;
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(projectFolder, 'workflows/index.ts'),
    workflowInterceptorModules: [path.join(projectFolder, 'workflows/early-query.ts')],
    payloadConverterPath,
    logger,
  });
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, code);
  await rename(draft, file);
  return file;
}

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesBelow(path.join(projectFolder, source)))
      hash
        .update(file)
        .update('\0')
        .update(await readFile(file))
        .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
