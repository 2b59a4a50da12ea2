import path from 'node:path';
import { sandboxPlaces } from '../../sandbox/description.ts';
import { up, type RunningSandbox } from '../../sandbox/up.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import type { Output } from '../cli/output.ts';

interface SandboxOptions {
  dir: string | undefined;
  detach?: boolean;
  empty?: boolean;
  services?: string[] | undefined;
  parts?: string[];
  interrupted: AbortSignal;
}

/** Brings a sandbox up with its progress shown, or finds the one that is up. Throws a CommandError. */
export async function bringUp(
  output: Output,
  { dir, detach = false, empty = false, services, parts = [], interrupted }: SandboxOptions,
): Promise<RunningSandbox> {
  const starting = up({
    ...(dir === undefined ? {} : { dir }),
    detach,
    empty,
    ...(services === undefined ? {} : { services }),
    with: parts,
    say: output.progress,
  });
  const running = await Promise.race([starting, interruption(interrupted)]).catch((error: unknown) => {
    throw sandboxFailure(error, dir);
  });
  if (running !== undefined) return running;
  throw new CommandError('interrupted', { exitCode: exitCodes.interrupted, code: 'Interrupted' });
}

function sandboxFailure(error: unknown, dir: string | undefined): CommandError {
  const [first = 'it did not come up', ...more] = (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '');
  return CommandError.failed(`the sandbox did not come up: ${first}`, [
    ...more.slice(0, 20),
    `logs: ${path.join(sandboxPlaces(dir).state, 'logs')}`,
  ]);
}

async function interruption(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return undefined;
}
