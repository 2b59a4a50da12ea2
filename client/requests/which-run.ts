import { CommandError } from '../cli/command-error.ts';
import type { RunSummary } from '../api/runs.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';

export interface RunChoice {
  /** A workflow id; or a service, when an environment is given. */
  given: string;
  environment: string | undefined;
  /** The phases that are wanted, such as those that wait for a person; any when not said. */
  phases?: readonly string[];
  /** Whether a run that has closed will do when none runs. */
  closedToo?: boolean;
}

/** The workflow id that a person means: the one given, or the only fitting run of a service in an environment. */
export async function whichRun(
  slipway: SlipwayClient,
  { given, environment, phases, closedToo = false }: RunChoice,
): Promise<string> {
  if (environment === undefined) return given;
  const place = { service: given, environment };
  const running = (await slipway.list(place)).filter(({ phase }) => phases === undefined || phases.includes(phase));
  const [only, ...others] = running;
  if (only && others.length === 0) return only.workflowId;
  if (only) throw severalFit(running, place);
  const [latest] = closedToo ? await slipway.list({ ...place, running: false, limit: 20 }) : [];
  if (latest) return latest.workflowId;
  const waiting = phases === undefined ? '' : ` in phase ${phases.join(' or ')}`;
  throw CommandError.notFound(`no run of ${given} in ${environment}${waiting}`, [
    './slipway list',
    'or give the workflow id instead of the service',
  ]);
}

function severalFit(runs: RunSummary[], place: { service: string; environment: string }): CommandError {
  return CommandError.badInput(
    [
      {
        path: 'run',
        message:
          `${runs.length} runs of ${place.service} in ${place.environment} fit: ` +
          `${runs.map(({ workflowId }) => workflowId).join(', ')}`,
      },
    ],
    ['give the workflow id of the one that you mean'],
  );
}
