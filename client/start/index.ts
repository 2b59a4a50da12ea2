import { CommandError } from '../cli/command-error.ts';
import { connectToSandbox } from '../api/connection.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { bringUp } from '../local/sandbox-lifecycle.ts';
import { SlipwayClient } from '../api/slipway-client.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { interruption, releaseSample, type Released } from './release.ts';
import { proveServing, proveTables, tables } from './proof.ts';
import { commitToRelease, sampleFor, type Sample } from './sample.ts';
import { sampleEnvironment, startSampleWorker, type SampleWorker } from './worker.ts';

/**
 * Releases the sample from one command, with a local world and a worker of its own, and proves it from outside. On a
 * terminal all of it stays up until Ctrl-C. Stops only what it started.
 */
export async function start(
  session: Session,
  { parts, interactive }: { parts: string[]; interactive: boolean },
): Promise<ExitCode> {
  const { output, dir, interrupted } = session;
  const sandbox = await bringUp(output, { dir, parts, interrupted });
  const sample = sampleFor(parts);
  try {
    const worker = await startSampleWorker(session, sandbox.description);
    try {
      return await Promise.race([
        mainJob(session, { parts, sandbox: sandbox.description, sample, worker }, interactive),
        worker.died,
        sandbox.ended.then(sandboxEnded),
      ]);
    } finally {
      output.note(sandbox.started ? 'stopping worker and sandbox' : 'stopping the worker; the sandbox stays up');
      await worker.stop();
    }
  } finally {
    await sandbox.stop();
  }
}

interface Stage {
  parts: string[];
  sandbox: SandboxDescription;
  sample: Sample;
  worker: SampleWorker;
}

async function mainJob(session: Session, stage: Stage, interactive: boolean): Promise<ExitCode> {
  const { sandbox, sample, worker } = stage;
  const { output, interrupted } = session;
  const { client, ui, namespace, close } = await connectToSandbox(sandbox);
  try {
    const slipway = new SlipwayClient(client, { ui, namespace });
    const scenario = await commitToRelease(sandbox.dir, sample, await sampleEnvironment(slipway, sample));
    if (interrupted.aborted) throw interruption();
    const released = await releaseSample(session, slipway, { sample, scenario }, interactive);
    const completed = released.report.end?.type === 'Completed';
    if (completed) await prove(stage, released, scenario.commit);
    if (!completed && !interactive) return notReleased(released, worker);
    report(session, stage, released, interactive);
    if (!interactive) return exitCodes.ok;
    output.line('\nEverything stays up until Ctrl-C.');
    await untilInterrupted(interrupted);
    return exitCodes.ok;
  } finally {
    await close();
  }
}

async function prove({ sandbox, sample }: Stage, { report: { end } }: Released, commit: string): Promise<void> {
  await proveServing(urlOf(end?.result), commit);
  if (sandbox.postgres) await proveTables(sandbox.postgres.url, sample);
}

function report(
  { output, dir }: Session,
  { sandbox, sample, parts }: Stage,
  { started, report: { end, commit } }: Released,
  interactive: boolean,
): void {
  const { bold, dim, green } = output.colors;
  const url = urlOf(end?.result);
  output.result({
    url,
    commit,
    link: started.link,
    workflowId: started.workflowId,
    runId: started.runId,
    ui: sandbox.temporal?.ui,
    end,
    tables: url === '' ? [] : tables,
  });
  if (url !== '')
    output.line(`\n${green('released')} ${bold(url)} answers with ${commit ?? ''}; ${tables.join(' and ')} exist`);
  else output.line(`\nnot released: ${end?.type ?? ''} ${end?.message ?? ''}`);
  output.line(`  ${dim('this run')}  ${started.link ?? started.workflowId}`);
  output.line(`  ${dim('all runs')}  ${sandbox.temporal?.ui ?? ''}`);
  const where = dir === undefined ? '' : ` --dir ${dir}`;
  const further = parts.length > 0 ? ` --with ${parts.join(',')}` : '';
  if (!interactive)
    output.line(`  ${dim('next')}      ./slipway start${further}${where} on a terminal keeps all of it up`);
  else
    for (const [index, command] of suggestedCommands(started.workflowId, sample).entries())
      output.line(`  ${dim((index === 0 ? 'try' : '').padEnd(9))} ${command}${where}`);
}

function suggestedCommands(workflowId: string, sample: Sample): string[] {
  const target = `${sample.service} --environment ${sample.environment}`;
  return [
    `./slipway timeline ${workflowId}`,
    `./slipway environment show ${target}`,
    `./slipway deploy ${target} --commit fails-smoke --watch`,
    `./slipway approve ${target} --by ${sample.approver}`,
    './slipway drift',
  ];
}

function notReleased({ report: { end }, started }: Released, worker: SampleWorker): never {
  throw CommandError.failed(`the release ended as ${end?.type ?? 'unknown'}: ${end?.message ?? ''}`, [
    `./slipway sandbox up, then ./slipway timeline ${started.workflowId}`,
    `the worker's log: ${worker.log}`,
    'other logs are beside it',
  ]);
}

function urlOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'url' in result ? String(result.url) : '';
}

async function sandboxEnded(): Promise<never> {
  return Promise.reject(CommandError.failed('the sandbox ended by itself', ['its logs are in .slipway/sandbox/logs']));
}

async function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
