import type { RunReport } from '../../api/run-report.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { runLines } from '../../view/run.ts';
import { startSampleReceiver } from '../processes.ts';
import { proveServing } from '../proof.ts';
import { interruption, notReleased, releaseSample, urlOf, type Released } from '../release.ts';
import { commitThatGoesBad, commitToRelease, hasKnownGood, sampleEnvironment } from '../sample.ts';
import { onStage, stayUp, type Stage } from '../stage.ts';
import { figuresOf, figureLines } from './figures.ts';
import { followIncident, untilIncidentOpens } from './follow.ts';
import { answerProposal } from './mitigation.ts';
import { makeReport, writeReport } from './report-files.ts';

/**
 * Shows an incident from one command: a release that goes bad when users come, the real alert, the incident that opens
 * by itself, its mitigation on one word, its resolution, and its report. On a terminal all of it stays up until Ctrl-C.
 */
export async function startIncident(
  session: Session,
  { parts, interactive }: { parts: string[]; interactive: boolean },
): Promise<ExitCode> {
  return onStage(session, { parts: [...parts, 'monitoring'], interactive }, async (stage) => {
    const receiver = await startSampleReceiver(session, stage.sandbox);
    try {
      return await Promise.race([story(session, stage), receiver.died]);
    } finally {
      await receiver.stop();
    }
  });
}

async function story(session: Session, stage: Stage): Promise<ExitCode> {
  const { interactive, slipway } = stage;
  const { output } = session;
  const url = await releaseWhatGoesBad(session, stage);
  const workflowId = await untilIncidentOpens(session, stage);
  const triaged = await followIncident(session, stage, workflowId, null, ({ phase }) => phase === 'responding');
  for (const line of await runLines(triaged, output)) output.line(line);
  const isAsked = await answerProposal(session, stage, triaged);
  if (isAsked) {
    const mitigated = await followIncident(session, stage, workflowId, triaged, isMitigated);
    await proveKnownGood(session, stage, url, mitigated);
    await slipway.respond(workflowId, 'resolve', { by: stage.sample.approver, note: 'by start --with incident' });
    const resolved = await followIncident(session, stage, workflowId, mitigated, () => false);
    await showEnd(session, stage, resolved, triaged);
  }
  if (!interactive) return exitCodes.ok;
  await stayUp(session);
  return exitCodes.ok;
}

/** Releases what serves well where nothing was verified yet, and then what goes bad. Answers the service's address. */
async function releaseWhatGoesBad(session: Session, stage: Stage): Promise<string> {
  const { sandbox, sample, slipway } = stage;
  let environment = await sampleEnvironment(slipway, sample);
  if (!hasKnownGood(environment)) {
    session.output.line('first a good release: the state to go back to');
    await releaseOne(session, stage, await commitToRelease(sandbox.dir, sample, environment));
    environment = await sampleEnvironment(slipway, sample);
  }
  session.output.line('\nnow a release that passes every gate, and goes bad when users come');
  const { report } = await releaseOne(session, stage, await commitThatGoesBad(sandbox.dir, sample, environment));
  return urlOf(report.end?.result);
}

async function releaseOne(
  session: Session,
  { interactive, sample, slipway, worker }: Stage,
  scenario: Parameters<typeof releaseSample>[2]['scenario'],
): Promise<Released> {
  if (session.interrupted.aborted) throw interruption();
  const released = await releaseSample(session, slipway, { sample, scenario }, interactive);
  if (released.report.end?.type !== 'Completed') return notReleased(released, worker);
  return released;
}

function isMitigated({ phase, mitigations = [] }: RunReport): boolean {
  return phase === 'responding' && mitigations.some(({ endedAt }) => endedAt !== null);
}

/** Proves from outside that the service answers with the commit that the ledger says. */
async function proveKnownGood(
  { output }: Session,
  { sample, slipway }: Stage,
  url: string,
  { mitigations = [] }: RunReport,
): Promise<void> {
  const last = mitigations.at(-1);
  if (last?.succeeded !== true) return output.line(`not mitigated: ${last?.outcome ?? ''}`);
  const commit = (await sampleEnvironment(slipway, sample))?.runs?.commit ?? '';
  await proveServing(url, commit);
  output.line(`${output.colors.green('back')} ${url} answers with ${commit}, which is known to be good`);
}

async function showEnd(session: Session, stage: Stage, resolved: RunReport, triaged: RunReport): Promise<void> {
  const { output } = session;
  const made = await makeReport(stage, resolved);
  const files = await writeReport(stage, made);
  const triagedAt = triaged.steps?.find(({ name }) => name === 'triage')?.endedAt ?? null;
  const figures = figuresOf(made, triagedAt);
  output.result({ workflowId: resolved.workflowId, link: resolved.link, end: resolved.end, figures, files });
  output.line('');
  for (const line of figureLines(figures, output.colors)) output.line(line);
  for (const file of files) output.line(`  ${output.colors.dim('report'.padEnd(27))} ${file}`);
  output.line(`  ${output.colors.dim('this run'.padEnd(27))} ${resolved.link ?? resolved.workflowId}`);
}
