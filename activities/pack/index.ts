import { lstat, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultBuilder, type BuildEntryOf } from '../../contract/catalog/build.ts';
import { manifestFile } from '../configuration/manifest.ts';
import { finalFailure } from '../failure.ts';
import { describeEnd } from '../gates/command.ts';
import { runProgram } from '../programs/run.ts';
import { oneLine } from '../one-line.ts';
import type { AddedFile, Sources } from '../ports/index.ts';
import type { Work } from '../ports/work.ts';

/** How `pack` finds Docker, and the registry's credentials. The commit's own code runs in its containers, not here. */
const inherited = [
  'HOME',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'XDG_RUNTIME_DIR',
  'CLOUDSDK_CONFIG',
  'GOOGLE_APPLICATION_CREDENTIALS',
];
const shownLines = 5;
const versionTimeoutMs = 10_000;

/**
 * Builds a commit by the program `pack`, which pushes the image itself (runbook 002, section 4). Answers the digest
 * that it says; undefined if it says none. Platform: pack, `pack build --publish`.
 */
export async function buildByPack(sources: Sources, work: Work<BuildEntryOf<'pack'>>): Promise<string | undefined> {
  const { build, repository, commit, progress, signal } = work;
  const added = await manifestFile(sources, work);
  const checkout = await sources.checkout(repository, commit);
  try {
    const folder = path.join(checkout.folder, build.directory ?? '.');
    if (added) await addFile(folder, added);
    const variables = Object.entries(build.environment ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const image = `${build.image}:${commit}`;
    const end = await runProgram({
      command: [
        ...['pack', 'build', image, '--builder', build.builder ?? defaultBuilder],
        ...['--path', folder, ...variables, '--publish', '--no-color'],
      ],
      cwd: checkout.folder,
      variables: ofWorker(),
      timeoutMs: build.timeoutMinutes * 60_000,
      signal,
      onOutput: (text) => progress({ build: image, says: oneLine(lastLines(text, 1)) }),
    });
    if (end.missing !== null) throw finalFailure('Missing', withoutPack);
    if (end.code !== 0) {
      const why = lastLines(end.output, shownLines) || 'it said nothing';
      throw finalFailure(
        'GateFailed',
        `pack ${describeEnd(end, build.timeoutMinutes * 60)}; last lines: ${oneLine(why)}`,
      );
    }
    return /^.*\bDigest: (sha256:[0-9a-f]{64})/m.exec(end.output)?.[1];
  } finally {
    await checkout.close();
  }
}

/** Writes a file that the build makes. A link of the commit must not lead it to the worker's own files. */
async function addFile(folder: string, { path: name, text }: AddedFile): Promise<void> {
  const steps = name.split('/');
  for (const index of steps.keys()) {
    const found = await lstat(path.join(folder, ...steps.slice(0, index + 1))).catch(() => null);
    if (found?.isSymbolicLink())
      throw finalFailure('GateFailed', `${name} cannot be written: ${steps.slice(0, index + 1).join('/')} is a link`);
  }
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

const withoutPack =
  'pack cannot be started on the machine of the worker: install it (https://buildpacks.io/docs/install-pack) ' +
  'where Docker is, or have Cloud Run build the source (build.kind: cloudRun)';

/** Says what the machine of the worker lacks for a build by `pack`; null if it has the program. */
export async function missingForPack(): Promise<string | null> {
  const program = { command: ['pack', 'version'], cwd: '.', variables: ofWorker(), timeoutMs: versionTimeoutMs };
  const end = await runProgram({ ...program, signal: new AbortController().signal });
  return end.missing === null ? null : withoutPack;
}

function ofWorker(): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).join(' | ');
}
