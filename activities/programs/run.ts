import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { Program, ProgramEnd } from '../ports/programs.ts';

/** Variables of the worker that every program gets: never credentials, connections, or its home. */
const inheritedVariables = [
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];
const tailBytes = 64 * 1024;
const graceMs = 3_000;
const lastOutputMs = 500;

/** Runs a program without a shell. Nothing that it starts outlives it. */
export async function runProgram({
  command: [file = '', ...args],
  cwd,
  variables,
  timeoutMs,
  signal,
  onOutput,
}: Program): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const child = spawn(file, args, {
    cwd,
    env: environmentWith(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = keepTail(child);
  if (onOutput) forward(child, onOutput);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const onLimit = (): void => void endGroup(child);
  limit.addEventListener('abort', onLimit, { once: true });
  // Asked for before the end: a program without output closes at once.
  const closed = once(child, 'close').catch(() => undefined);
  const took = () => performance.now() - startedAt;
  try {
    const [code, signalName] = (await once(child, 'exit')) as [number | null, string | null];
    const timedOut = limit.aborted;
    await nothingLeft(child, closed);
    return { code, signalName, missing: null, timedOut, milliseconds: took(), output: output() };
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error);
    return { code: null, signalName: null, missing, timedOut: false, milliseconds: took(), output: '' };
  } finally {
    limit.removeEventListener('abort', onLimit);
    signal.throwIfAborted();
  }
}

function environmentWith(variables: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    inheritedVariables.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  return { ...inherited, CI: 'true', ...variables };
}

function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-tailBytes);
    });
  }
  return () => printable(tail.toString());
}

/** Hands on what both streams say. A character that is cut in two stays whole. */
function forward(child: ChildProcess, onOutput: (text: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8');
    stream?.on('data', (chunk: Buffer) => onOutput(printable(decoder.write(chunk))));
  }
}

function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, '');
}

/**
 * Ends what the program left behind, and waits for its last output. The wait has an end, since a process may have left
 * the group.
 */
async function nothingLeft(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  signalGroup(child, 'SIGKILL');
  await Promise.race([closed, pause(lastOutputMs)]);
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  await pause(graceMs, undefined, { ref: false });
  if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL');
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody of the group lives any more.
  }
}
