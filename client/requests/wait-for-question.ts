import { setTimeout as pause } from 'node:timers/promises';
import type { StepStatus } from '../../contract/status.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { RunReport } from '../api/run-report.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';

/** A question that a run has not asked yet. */
export interface ComingQuestion {
  workflowId: string;
  phase: string;
  /** The step that asks, such as `sign-off-migration`; null where the run does not know it yet. */
  step: string | null;
}

/** Limits the wait for a question, and hears once for what it waits. */
export interface Patience {
  ms: number;
  /** The list may miss a run that has just begun: for so long nothing found is no answer. Five seconds if absent. */
  listLagMs?: number;
  onWait: (coming: ComingQuestion) => void;
}

/** A run in one of these phases has asked nobody yet. The list may not know the phase of one that has just begun. */
const beforeQuestions: readonly string[] = ['', 'starting', 'preflight', 'building', 'planning'];
const lookAgainMs = 500;
const usualListLagMs = 5_000;

/** What a look has found: a run that asks, one that will, or neither. */
type Look = 'asks' | ComingQuestion | null;

/** Waits while a run has a question still to ask. Where no worker answers, there is nothing to wait for. */
export async function untilRunAsks(slipway: SlipwayClient, workflowId: string, patience: Patience): Promise<void> {
  await whileComing({ ...patience, listLagMs: 0 }, async (earlier) => {
    const report = await slipway.status(workflowId);
    if (report.phase === asking) return 'asks';
    return report.stale ? earlier : comingQuestion(report);
  });
}

/**
 * Lists the runs of a place that ask now, whatever the list says: it lags behind. Waits while none does, but one of
 * them, or a release that goes there, has a question still to ask.
 */
export async function runsThatAsk(
  slipway: SlipwayClient,
  { service, environment }: EnvironmentName,
  patience: Patience,
): Promise<RunSummary[]> {
  let found: RunSummary[] = [];
  await whileComing(patience, async (earlier) => {
    const running = (await slipway.list({ service })).filter(
      (run) => run.environment === environment || run.workflowType === workflowTypes.release,
    );
    const runs = await Promise.all(
      running.map(async (run) => ({ run, report: await slipway.status(run.workflowId, run.runId) })),
    );
    found = runs.filter(({ run, report }) => asksFor(environment, run, report)).map(({ run }) => run);
    if (found.length > 0) return 'asks';
    const coming = runs.map(({ run, report }) => comingFrom(run, report, environment)).find((one) => one !== null);
    return coming ?? (runs.some(({ report }) => report.stale) ? earlier : null);
  });
  return found;
}

const asking = 'approval';

function asksFor(environment: string, run: RunSummary, { phase, stale }: RunReport): boolean {
  return run.environment === environment && (stale ? run.phase : phase) === asking;
}

function comingFrom(run: RunSummary, report: RunReport, environment: string): ComingQuestion | null {
  if (!report.stale) return comingQuestion(report, environment);
  const { workflowId, phase } = run;
  return beforeQuestions.includes(phase) ? { workflowId, phase, step: null } : null;
}

/**
 * Finds the next question of a run by its steps; of a release only those in one environment, where that is given. A
 * step before one that has begun asks nobody: it was not needed, or it has its answer.
 */
export function comingQuestion(
  { end, phase, steps = [], stops, workflowId }: RunReport,
  environment?: string,
): ComingQuestion | null {
  if (end !== null) return null;
  if (stops === undefined && beforeQuestions.includes(phase)) return { workflowId, phase, step: null };
  const begun = steps.findLastIndex(({ state }) => state !== 'pending');
  const prefix = stops === undefined || environment === undefined ? '' : `${environment}: `;
  const next = steps.slice(begun + 1).find(({ name }) => name.startsWith(prefix) && asksPeople(name));
  return next === undefined ? null : { workflowId, phase, step: next.name };
}

/** The steps of a release have the environment before their name. */
function asksPeople(name: StepStatus['name']): boolean {
  return /^(.*: )?(approval|sign-off-.*)$/.test(name);
}

/** Looks again while a question is to come, and the patience lasts. */
async function whileComing(
  { ms, listLagMs = usualListLagMs, onWait }: Patience,
  look: (earlier: ComingQuestion | null) => Promise<Look>,
): Promise<void> {
  const begunAt = Date.now();
  let earlier: ComingQuestion | null = null;
  for (;;) {
    const seen = await look(earlier);
    const patienceMs = seen === null ? Math.min(listLagMs, ms) : ms;
    if (seen === 'asks' || Date.now() - begunAt >= patienceMs) return;
    if (seen !== null && earlier === null) onWait(seen);
    earlier = seen ?? earlier;
    await pause(lookAgainMs);
  }
}
