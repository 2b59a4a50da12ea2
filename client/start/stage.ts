import type { SandboxDescription } from '../../sandbox/description.ts';
import { connectToSandbox } from '../api/connection.ts';
import { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { sandboxHasEnded } from '../local/sandbox-control.ts';
import { bringUp } from '../local/sandbox-lifecycle.ts';
import { startSampleWorker, type SampleProcess } from './processes.ts';
import { sampleFor, type Sample } from './sample.ts';
import { untilWorkerStarts } from './worker-start.ts';

/** What a command of `start` has: a local world, a worker, and the ways to both. */
export interface Stage {
  /** Parts that the sandbox has besides the usual ones. */
  parts: readonly string[];
  sandbox: SandboxDescription;
  sample: Sample;
  worker: SampleProcess;
  slipway: SlipwayClient;
  /** True if a person at a terminal answers. */
  interactive: boolean;
}

interface StageOptions {
  parts: string[];
  interactive: boolean;
}

/** Brings up a sandbox and a worker, lets the story play, and stops what it has started. */
export async function onStage(
  session: Session,
  { parts, interactive }: StageOptions,
  story: (stage: Stage) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { output, dir, interrupted } = session;
  const sandbox = await bringUp(output, { dir, parts, interrupted });
  try {
    const worker = await startSampleWorker(session, sandbox.description);
    try {
      const stage = { parts, sandbox: sandbox.description, sample: sampleFor(parts), worker, interactive };
      return await Promise.race([connected(session, stage, story), worker.died, sandbox.ended.then(sandboxEnded)]);
    } finally {
      output.note(sandbox.started ? 'stopping worker and sandbox' : 'stopping the worker; the sandbox stays up');
      await worker.stop();
    }
  } finally {
    await sandbox.stop();
  }
}

async function connected(
  { output }: Session,
  stage: Omit<Stage, 'slipway'>,
  story: (stage: Stage) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { client, close, ...server } = await connectToSandbox(stage.sandbox);
  try {
    const slipway = new SlipwayClient(client, server);
    await untilWorkerStarts(output, slipway);
    return await story({ ...stage, slipway });
  } finally {
    await close();
  }
}

/** Keeps everything up until the person leaves. */
export async function stayUp({ output, interrupted }: Session): Promise<void> {
  output.line('\nEverything stays up until Ctrl-C.');
  if (!interrupted.aborted)
    await new Promise<void>((resolve) => interrupted.addEventListener('abort', () => resolve(), { once: true }));
}

async function sandboxEnded(): Promise<never> {
  return Promise.reject(CommandError.failed(sandboxHasEnded, ['its logs are in .slipway/sandbox/logs']));
}
