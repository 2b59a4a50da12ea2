import { environmentWorkflowId } from '../../contract/ids.ts';
import { changeTypes, workflowTypes } from '../../contract/workflow-types.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { EnvironmentReport } from '../api/environment-report.ts';
import { Outage } from '../api/errors.ts';
import type { RunReport } from '../api/run-report.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { BoardRun } from './board.ts';

/** What the board asks of Temporal. */
export type BoardClient = Pick<SlipwayClient, 'list' | 'status' | 'environment' | 'hasWorker' | 'silence' | 'link'>;

/** The most environments, runs that go on, and runs that have ended, of which the board tells. */
const maxEnvironments = 500;
const maxRuns = 200;
const maxPast = 300;
export const pastDays = 7;
const day = 86_400_000;

/** Says from when on the board tells of changes that have ended. */
export function pastSince(now: Date): string {
  return new Date(now.getTime() - pastDays * day).toISOString();
}

/** Holds the answers of Temporal. */
export interface Gathered {
  /** The answer of each environment; a text says why there is none. */
  environments: (EnvironmentName & { link: string | null; answer: EnvironmentReport | string })[];
  /** Changes and incidents that go on. */
  runs: BoardRun[];
  past: RunSummary[];
  /** What is left out. */
  notices: string[];
  silence: string | null;
}

/**
 * Asks Temporal what goes on: three lists, then each environment and each run that goes on. What one of them does not
 * answer is told in its place. Throws Outage where Temporal itself does not answer.
 */
export async function gather(slipway: BoardClient, now: Date): Promise<Gathered> {
  const [found, running, past] = await Promise.all([
    slipway.list({ types: [workflowTypes.environment], limit: maxEnvironments }),
    slipway.list({ types: [...changeTypes, workflowTypes.incident], limit: maxRuns }),
    slipway.list({ running: false, closedSince: pastSince(now), limit: maxPast }),
  ]);
  const [environments, runs] = await Promise.all([
    Promise.all(found.map(async (run) => askEnvironment(slipway, run))),
    Promise.all(running.map(async (run) => askRun(slipway, run))),
  ]);
  const notices = [
    ...(runs.length < maxRuns ? [] : [`More runs go on than are shown here: ${maxRuns}. All of them: ./slipway list`]),
    ...(found.length < maxEnvironments ? [] : [`More environments run than are shown here: ${maxEnvironments}.`]),
  ];
  return { environments, runs, past, notices, silence: await silenceOf(slipway, environments, runs) };
}

/** Whoever has answered lives; where nobody was asked, the task queue tells. */
async function silenceOf(
  slipway: BoardClient,
  environments: Gathered['environments'],
  runs: readonly RunReport[],
): Promise<string | null> {
  const hasAnswered =
    runs.some(({ stale }) => !stale) || environments.some(({ answer }) => typeof answer === 'object' && !answer.stale);
  if (hasAnswered) return null;
  const wasAsked = runs.length + environments.length > 0;
  return !wasAsked && (await slipway.hasWorker()) ? null : slipway.silence();
}

async function askEnvironment(slipway: BoardClient, run: RunSummary): Promise<Gathered['environments'][number]> {
  const { workflowId, runId } = run;
  const name = placeOf(run);
  const link = slipway.link(workflowId, runId) ?? null;
  try {
    return { ...name, link, answer: (await slipway.environment(name)) ?? 'it has just ended' };
  } catch (error) {
    return { ...name, link, answer: reasonOf(error) };
  }
}

async function askRun(slipway: BoardClient, summary: RunSummary): Promise<BoardRun> {
  const { workflowId, runId } = summary;
  const name = placeOf(summary);
  try {
    const report = await slipway.status(workflowId, runId);
    const { service = '', environment = '', commit = '' } = report;
    return {
      ...report,
      service: service || name.service,
      environment: environment || name.environment,
      commit: commit || summary.commit,
    };
  } catch (error) {
    return { ...reportOf(summary, slipway.link(workflowId, runId) ?? null, reasonOf(error)), ...name };
  }
}

/** Reads the place of a run: its attributes, or what its fixed id says on a server that does not know ours. */
function placeOf({ workflowId, service, environment }: RunSummary): EnvironmentName {
  const [type = '', inId = '', place = ''] = workflowId.split('/');
  const isFixed = environmentWorkflowId(inId, place) === workflowId || type === workflowTypes.incident;
  return isFixed ? { service: inId, environment: place } : { service, environment };
}

/** Makes the report of a run that could not be asked, from its list entry. */
function reportOf(summary: RunSummary, link: string | null, reason: string): RunReport & { commit: string } {
  const { workflowId, runId, workflowType, execution, startedAt, closedAt, phase, commit, waitingFor, next } = summary;
  const wait = { kind: 'unknown' as const, what: waitingFor, since: startedAt, until: null, who: [] };
  return {
    ...{ workflowId, runId, workflowType, execution, startedAt, closedAt, phase, commit, link },
    stale: true,
    asOf: null,
    progress: null,
    outcome: `it could not be asked: ${reason}`,
    waitingFor: waitingFor === '' ? null : { ...wait, commands: next === '' ? [] : [next] },
    end: null,
  };
}

/** Says why something has not answered. An outage is everybody's: it ends the whole question. */
function reasonOf(error: unknown): string {
  if (error instanceof Outage) throw error;
  return error instanceof Error ? error.message : String(error);
}
