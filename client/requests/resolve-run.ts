import type { EnvironmentName } from '../api/environment-name.ts';
import { RunNotFound } from '../api/errors.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { runsThatAsk, untilRunAsks, type Patience } from './wait-for-question.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

export interface RunChoice {
  /** A workflow id; or a service, when an environment is given. */
  given: string;
  environment: string | undefined;
  /** The phases in which a run takes the answer; all by default, also of runs that have ended. */
  phases?: readonly string[];
  /** Workflow types; by default those that change an environment. */
  types?: readonly string[];
  /** Takes the newest closed run when none runs. */
  closedToo?: boolean;
  /** Waits while the run that is meant has a question still to ask; the phases are then those of a question. */
  patience?: Patience;
}

/** The ids that we make end so, and those of environments and incidents have a slash: no service does. */
const runId = /-[0-9a-f]{6}$|\//;

/** Resolves to a workflow id: the one given, or the only run that fits of a service in an environment. */
export async function resolveRun(
  session: Pick<Session, 'dir' | 'environment'>,
  slipway: SlipwayClient,
  choice: RunChoice,
): Promise<string> {
  const { given } = choice;
  const { SLIPWAY_SERVICE: service, SLIPWAY_ENVIRONMENT: set } = session.environment;
  const environment = choice.environment ?? (given === service ? set : undefined);
  if (environment) return runOf(slipway, { service: given, environment }, choice);
  if (choice.phases === undefined && runId.test(given)) return given;
  const closedAt = await slipway.closedAt(given).catch((error: unknown) => {
    if (error instanceof RunNotFound) return 'nowhere';
    throw error;
  });
  if (closedAt === 'nowhere')
    return runOf(slipway, { service: given, environment: await setEnvironmentOf(session, given) }, choice);
  if (closedAt !== null && choice.phases !== undefined) {
    const { momentText } = await import('../view/time.ts');
    throw CommandError.refused(`${given} has ended at ${momentText(closedAt)} and takes no answer any more`, [
      slipwayLine('status', given),
    ]);
  }
  if (choice.patience) await untilRunAsks(slipway, given, choice.patience);
  return given;
}

async function runOf(
  slipway: SlipwayClient,
  name: EnvironmentName,
  { phases, types, closedToo = false, patience }: RunChoice,
): Promise<string> {
  const filter = { ...name, ...(types && { types }) };
  const isFitting = ({ phase }: RunSummary) => phases === undefined || phases.includes(phase);
  const fitting = patience
    ? await runsThatAsk(slipway, name, patience)
    : (await slipway.list(filter)).filter(isFitting);
  const [only, ...others] = fitting;
  if (only && others.length > 0) throw severalRuns(fitting, name);
  if (only) return only.workflowId;
  const [latest] = closedToo ? await slipway.list({ ...filter, running: false, limit: 20 }) : [];
  if (latest) return latest.workflowId;
  const inPhase = phases === undefined ? '' : ` in phase ${phases.join(' or ')}`;
  throw CommandError.notFound(`no run of ${name.service} in ${name.environment}${inPhase}`, [
    './slipway list',
    'or give the workflow id instead of the service',
  ]);
}

/** Answers the environment that is set, where no run but a service has the name. Throws when there is none. */
async function setEnvironmentOf(session: Pick<Session, 'dir' | 'environment'>, given: string): Promise<string> {
  const { environmentsOf } = await import('./catalog.ts');
  const environments = await environmentsOf(session, given);
  if (environments.length === 0) throw new RunNotFound(given);
  const set = environments.find((name) => name === session.environment['SLIPWAY_ENVIRONMENT']);
  if (set !== undefined) return set;
  throw CommandError.badInput(
    [{ path: 'environment', message: `must be given: ${given} is a service, in ${environments.join(', ')}` }],
    [`add --environment ${environments[0]}`, 'or give the workflow id: ./slipway list'],
  );
}

function severalRuns(runs: RunSummary[], { service, environment }: EnvironmentName): CommandError {
  const ids = runs.map(({ workflowId }) => workflowId).join(', ');
  const message = `${runs.length} runs of ${service} in ${environment} match: ${ids}`;
  return CommandError.badInput([{ path: 'run', message }], ['give the workflow id of the one that you mean']);
}
