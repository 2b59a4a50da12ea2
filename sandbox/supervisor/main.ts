/**
 * The process that keeps one sandbox up. Started by `up()` in a session of its own, so that a Ctrl-C reaches it only
 * through whoever started it. Without `--detach` it ends with its starter, however that ends: the channel between
 * them closes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryLock } from '../servers/lock.ts';
import { furtherParts } from '../parts.ts';
import type { SupervisorMessage } from './messages.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    description: { type: 'string' },
    detach: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
    services: { type: 'string' },
    with: { type: 'string', default: '' },
    'usual-ports': { type: 'boolean', default: false },
  },
});
if (values.dir === undefined || values.description === undefined)
  throw new Error(
    'usage: main.ts --dir <folder> --description <file> [--detach] [--empty] ' +
      '[--services <names>] [--with <parts>] [--usual-ports]',
  );
const { dir, description: descriptionFile, detach, empty, services, with: parts, 'usual-ports': usualPorts } = values;

const tell = (message: SupervisorMessage): void => {
  if (process.connected) process.send?.(message, () => {});
};
/** Says a line to the starting process, and writes what is worth keeping into this process's own log. */
const say = (line: string, isPassing = false): void => {
  if (!isPassing) process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  tell({ kind: 'say', line, isPassing });
};

const world = new World({
  dir,
  descriptionFile,
  empty,
  services: services?.split(','),
  parts: furtherParts(parts.split(',').filter(Boolean)),
  usualPorts,
  say,
});
await mkdir(dir, { recursive: true });
const release = await tryLock(join(dir, 'supervisor.lock'));
let ending: Promise<never> | undefined;

const end = async (exitCode: number): Promise<never> => {
  try {
    await world.stop();
  } finally {
    await release?.();
  }
  process.exit(exitCode);
};
const endOnce = (exitCode: number): void => void (ending ??= end(exitCode));

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => endOnce(0));
if (!detach) process.on('disconnect', () => endOnce(0));

if (release === undefined) {
  tell({ kind: 'taken' });
  process.disconnect?.();
} else {
  try {
    tell({ kind: 'up', description: await world.start() });
  } catch (error) {
    if (ending === undefined) {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
      endOnce(1);
    }
  }
}
