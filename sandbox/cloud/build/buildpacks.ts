import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { readProcfile } from '../../containers/command-line.ts';
import { bareEnvironment, runCommand } from './child-process.ts';

export interface BuildpackContext {
  /** A folder of this build alone. */
  folder: string;
  /** Variables of the build, such as GOOGLE_RUNTIME. */
  variables: Record<string, string>;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** The folder that a source is in while buildpacks work on it. */
const workspace = '/workspace';

/**
 * Builds a source as buildpacks do: finds the runtime and the `web` process of the Procfile, runs the source's own
 * build script, and leaves caches out of the image but for what BP_KEEP_FILES keeps. It has one runtime, Node. Answers
 * the folder that is the image; undefined if the build has failed. Origin: runbook 002, sections 3, 4 and 9.
 */
export async function runBuildpacks(source: string, context: BuildpackContext): Promise<string | undefined> {
  const { say, variables } = context;
  say('===> DETECTING');
  const problem = detect(source, variables);
  if (problem !== undefined) {
    say(problem);
    say('ERROR: No buildpack groups passed detection.');
    return undefined;
  }
  say('===> BUILDING');
  const image = await mkdtemp(join(context.folder, 'image-'));
  await cp(source, image, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => basename(path) !== '.git',
  });
  if ((await runBuildScript(image, context)) !== 0) return undefined;
  for (const cache of await cachesOf(image, variables['BP_KEEP_FILES'] ?? '')) {
    say(`leaves ${cache} out of the image: BP_KEEP_FILES does not keep it`);
    await rm(join(image, cache), { recursive: true });
  }
  say('===> EXPORTING');
  return image;
}

function detect(source: string, { GOOGLE_RUNTIME: runtime = 'nodejs' }: Record<string, string>): string | undefined {
  if (runtime !== 'nodejs') return `GOOGLE_RUNTIME=${runtime} is not served by this emulator, which has nodejs alone`;
  // A source without a Procfile is refused where images are made, whoever builds them.
  if (existsSync(join(source, 'Procfile')) && !readProcfile(source).has('web'))
    return 'the Procfile has no web process';
  return undefined;
}

/** Runs the script `gcp-build`. Platform: Google Cloud's buildpacks, custom build steps of Node.js. */
async function runBuildScript(image: string, { folder, variables, say, signal }: BuildpackContext): Promise<number> {
  const script = await buildScriptOf(image);
  if (script === undefined) return 0;
  say(`runs gcp-build: ${script}`);
  const env = { ...bareEnvironment(folder), ...variables };
  return runCommand({ program: process.execPath, args: ['--run', 'gcp-build'], cwd: image, env, say, signal });
}

async function buildScriptOf(image: string): Promise<string | undefined> {
  const text = await readFile(join(image, 'package.json'), 'utf8').catch(() => '{}');
  const { scripts } = JSON.parse(text) as { scripts?: Record<string, string> };
  return scripts?.['gcp-build'];
}

/** Lists folders such as `.oneiric_cache` at the top that nothing keeps. Origin: runbook 002, section 9, last row. */
async function cachesOf(image: string, keepFiles: string): Promise<string[]> {
  const kept = keepFiles.split(':').map((path) => posix.relative(workspace, posix.resolve(workspace, path)));
  const entries = await readdir(image, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\..+_cache$/.test(entry.name) && !kept.includes(entry.name))
    .map(({ name }) => name);
}
