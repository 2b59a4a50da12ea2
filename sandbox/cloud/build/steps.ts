import { mkdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Build, BuildStep } from './build-store.ts';
import { runBuildpacks } from './buildpacks.ts';
import { bareEnvironment, runCommand } from './child-process.ts';

export interface StepContext {
  build: Build;
  location: string;
  folder: string;
  workspace: string;
  httpPort: number;
  /** References that steps have built, with the folder that each is an image of. */
  built: Map<string, string>;
  /** References that a step has pushed itself. */
  pushed: Set<string>;
  say: (line: string) => void;
  signal: AbortSignal;
}

const checker = fileURLToPath(new URL('./check-syntax.ts', import.meta.url));

/**
 * Runs one step and gives its exit code. `docker build` and `pack build` make images here; all else is a real
 * program.
 */
export async function runStep(step: BuildStep, context: StepContext): Promise<number> {
  const folder = inside(context.workspace, step.dir);
  if (folder === undefined) return refuse(context, `the folder '${step.dir}' is not in the workspace`);
  const program = step.entrypoint || builderOf(step.name);
  if (step.script === '' && program === 'docker') return await docker(step.args, folder, context);
  if (step.script === '' && program === 'pack') return await pack(step.args, folder, context);
  return await execute(step, program, folder, context);
}

/**
 * Names the program of a builder image. It is `docker` for `gcr.io/cloud-builders/docker`, `pack` for
 * `gcr.io/k8s-skaffold/pack`.
 */
function builderOf(name: string): string {
  const last = name.split('@')[0]?.split('/').pop()?.split(':')[0] ?? '';
  return last === 'cloud-sdk' || last === 'google-cloud-cli' ? 'gcloud' : last;
}

const DOCKER_FLAGS_WITH_VALUE = new Set([
  '-t',
  '--tag',
  '-f',
  '--file',
  '--build-arg',
  '--cache-from',
  '--target',
  '--platform',
  '--label',
  '--network',
  '--progress',
]);

async function docker(args: readonly string[], folder: string, context: StepContext): Promise<number> {
  const [command, ...rest] = args[0] === 'buildx' ? args.slice(1) : args;
  if (command === 'build') {
    const { values, positional } = readArguments(rest, DOCKER_FLAGS_WITH_VALUE);
    const references = [...(values.get('-t') ?? []), ...(values.get('--tag') ?? [])];
    return await makeImage(references, inside(folder, positional.at(-1) ?? '.', context.workspace), context);
  }
  const [source = '', target = ''] = rest;
  const image = context.built.get(source);
  if (command === 'tag' && image !== undefined && target !== '') {
    context.built.set(target, image);
    return 0;
  }
  // What a step pushes reaches the registry with the rest, when the steps are through.
  if (command === 'push' && image !== undefined) {
    context.pushed.add(source);
    return 0;
  }
  return refuse(
    context,
    command === 'tag' || command === 'push'
      ? `An image does not exist locally with the tag: ${source}`
      : `docker ${command ?? ''} is not served by this emulator`,
  );
}

const PACK_FLAGS_WITH_VALUE = new Set([
  '-B',
  '--builder',
  '-p',
  '--path',
  '-e',
  '--env',
  '--env-file',
  '-b',
  '--buildpack',
  '-t',
  '--tag',
  '--network',
  '--run-image',
  '--cache-image',
  '-d',
  '--descriptor',
  '--platform',
  '-D',
  '--default-process',
]);

async function pack(args: readonly string[], folder: string, context: StepContext): Promise<number> {
  const [command, ...rest] = args;
  if (command !== 'build') return refuse(context, `pack ${command ?? ''} is not served by this emulator`);
  const { values, positional } = readArguments(rest, PACK_FLAGS_WITH_VALUE);
  const references = [...positional.slice(0, 1), ...(values.get('-t') ?? []), ...(values.get('--tag') ?? [])];
  const source = inside(folder, values.get('--path')?.[0] ?? values.get('-p')?.[0] ?? '.', context.workspace);
  if (source === undefined) return refuse(context, 'the path is not in the workspace');
  const variables = variablesOf([...(values.get('--env') ?? []), ...(values.get('-e') ?? [])]);
  const built = await runBuildpacks(source, { ...context, variables });
  const code = built === undefined ? 1 : await makeImage(references, built, context);
  if (code === 0 && rest.includes('--publish')) for (const reference of references) context.pushed.add(reference);
  return code;
}

/** Makes an image, which is the folder, after the check that every script in it parses. */
async function makeImage(
  references: readonly string[],
  folder: string | undefined,
  context: StepContext,
): Promise<number> {
  if (folder === undefined) return refuse(context, 'the build context is not in the workspace');
  if (references.length === 0) return refuse(context, 'the image has no name');
  const code = await runCommand({
    program: process.execPath,
    args: ['--no-warnings', '--experimental-vm-modules', checker, folder],
    cwd: context.workspace,
    env: bareEnvironment(context.folder),
    say: context.say,
    signal: context.signal,
  });
  if (code === 0) for (const reference of references) context.built.set(reference, folder);
  return code;
}

async function execute(step: BuildStep, program: string, folder: string, context: StepContext): Promise<number> {
  const home = join(context.folder, 'home');
  await mkdir(home, { recursive: true });
  const { build } = context;
  const mapped = build.options?.automapSubstitutions === true || step.automapSubstitutions ? build.substitutions : {};
  const env = {
    ...bareEnvironment(home),
    ...cloudSdk(context.httpPort, build.projectId),
    ...(step.script !== '' && { PROJECT_ID: build.projectId, BUILD_ID: build.id, LOCATION: context.location }),
    ...mapped,
    ...variablesOf([...(build.options?.env ?? []), ...step.env]),
  };
  const { say, signal } = context;
  if (step.script !== '')
    return await runCommand({
      program: 'sh',
      args: ['-s'],
      input: Buffer.from(step.script),
      cwd: folder,
      env,
      say,
      signal,
    });
  return await runCommand({ program, args: step.args, cwd: folder, env, say, signal });
}

/** Points a step's `gcloud` at this emulator, without anybody's credentials. */
function cloudSdk(httpPort: number, project: string): Record<string, string> {
  const endpoint = `http://127.0.0.1:${httpPort}/`;
  const services = ['CLOUDBUILD', 'LOGGING', 'RUN', 'SECRETMANAGER', 'ARTIFACTREGISTRY'];
  return {
    ...Object.fromEntries(services.map((service) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service}`, endpoint])),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${endpoint}storage/v1/`,
    CLOUDSDK_AUTH_DISABLE_CREDENTIALS: 'true',
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_CORE_PROJECT: project,
  };
}

function variablesOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

function readArguments(
  args: readonly string[],
  withValue: ReadonlySet<string>,
): { values: Map<string, string[]>; positional: string[] } {
  const values = new Map<string, string[]>();
  const positional: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    const [flag = '', inline] = argument.startsWith('--') ? splitOnce(argument) : [argument];
    if (!argument.startsWith('-')) positional.push(argument);
    else if (inline !== undefined) values.set(flag, [...(values.get(flag) ?? []), inline]);
    else if (withValue.has(flag)) values.set(flag, [...(values.get(flag) ?? []), args[(index += 1)] ?? '']);
  }
  return { values, positional };
}

function splitOnce(argument: string): [string, string?] {
  const at = argument.indexOf('=');
  return at === -1 ? [argument] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** Resolves a path within the workspace; undefined where it leads out of it. */
function inside(folder: string, path: string, workspace = folder): string | undefined {
  const at = resolve(folder, path);
  const root = resolve(workspace);
  return at === root || at.startsWith(root + sep) ? at : undefined;
}

function refuse(context: StepContext, reason: string): number {
  context.say(reason);
  return 1;
}
