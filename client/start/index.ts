import type { ExitCode } from '../cli/exit-codes.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { endText } from '../view/ending.ts';
import { proveServing, proveTables, tables } from './proof.ts';
import { interruption, notReleased, releaseSample, urlOf, type Released } from './release.ts';
import { commitToRelease, sampleEnvironment, type Sample } from './sample.ts';
import { onStage, stayUp, type Stage } from './stage.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

/**
 * Releases the sample from one command, with a local world and a worker of its own, and proves it from outside. On a
 * terminal all of it stays up until Ctrl-C. Stops only what it started.
 */
export async function start(session: Session, options: { parts: string[]; interactive: boolean }): Promise<ExitCode> {
  return onStage(session, options, async (stage) => release(session, stage));
}

async function release(session: Session, stage: Stage): Promise<ExitCode> {
  const { interactive, sandbox, sample, slipway, worker } = stage;
  const { interrupted } = session;
  const scenario = await commitToRelease(sandbox.dir, sample, await sampleEnvironment(slipway, sample));
  if (interrupted.aborted) throw interruption();
  const released = await releaseSample(session, slipway, { sample, scenario }, interactive);
  const completed = released.report.end?.type === 'Completed';
  if (completed) await prove(stage, released, scenario.commit);
  if (!completed && !interactive) return notReleased(released, worker);
  report(session, stage, released);
  if (!interactive) return exitCodes.ok;
  await stayUp(session);
  return exitCodes.ok;
}

async function prove({ sandbox, sample }: Stage, { report: { end } }: Released, commit: string): Promise<void> {
  await proveServing(urlOf(end?.result), commit);
  if (sandbox.postgres) await proveTables(sandbox.postgres.url, sample);
}

function report(
  { output, dir }: Session,
  { sandbox, sample, parts, interactive }: Stage,
  { started, report: { end, commit } }: Released,
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
  else output.line(`\nnot released: ${end ? endText(end) : 'no end is known'}`);
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

/** Commands to try after the first release, each as the person who may. */
export function suggestedCommands(workflowId: string, sample: Sample): string[] {
  const target = `${sample.service} --environment ${sample.environment}`;
  return [
    slipwayLine('timeline', workflowId),
    `./slipway environment show ${target}`,
    `./slipway deploy ${target} --commit fails-smoke --by ${sample.requestedBy} --watch`,
    `./slipway approve ${target} --by ${sample.approver}`,
    './slipway drift',
  ];
}
