import type { Ending, NextStep, StopServes } from '../../contract/ending.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import { describeShare } from '../../contract/live.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import type { Release } from './release.ts';

/** The end of a stop that did not reach its aim, and so that of its release. */
export interface StopEnd {
  type: OutcomeType;
  environment: string;
  /** The run of the stop. */
  workflowId: string;
  /** Why it ended so, in its own words. */
  message: string;
}

/**
 * Tells the end of a release in parts: those of the stop that ended it, and what each environment serves. Null where
 * the stop has written, and could not say how it ended.
 */
export function endingOfRelease(
  { environment, message }: StopEnd,
  { ending, steps }: ChangeStatus,
  stops: StopServes[],
  advice: readonly NextStep[],
): Ending | null {
  const hasWritten = steps.some(({ name, attempts }) => name === 'fence' && attempts > 0);
  const told = ending ?? (hasWritten ? null : untouched(message));
  if (told === null) return null;
  const known = new Set(told.next.map(({ command }) => command));
  return {
    ...told,
    why: `${environment}: ${told.why}`,
    stops,
    next: [
      ...advice.filter(({ command }) => !known.has(command)),
      ...told.next.map(({ what, ...step }) => ({ what: `${environment}: ${what}`, ...step })),
    ],
  };
}

/** The end of a stop that never held its environment. */
function untouched(why: string): Ending {
  return { why, samples: [], serves: 'unchanged', skipped: [], exposed: null, next: [] };
}

/** Reads what users meet in each environment, as the platform says it. */
export async function readServing({ train }: Release): Promise<StopServes[]> {
  return Promise.all(
    train.stops.map(async (entry): Promise<StopServes> => {
      const { environment } = entry;
      try {
        const { serving } = await reading(`what ${environment} serves`).observe({ entry });
        return { environment, serves: serving.map(describeShare).join(', ') || 'nothing' };
      } catch (error) {
        if (!isExpected(error)) throw error;
        return { environment, serves: `what nobody can say (${messageOf(error)})` };
      }
    }),
  );
}

/** Advises what to do after a stop that did not reach its aim. */
export function adviceAfter({ type, environment, workflowId }: StopEnd, { input }: Release): NextStep[] {
  const { service, commit } = input;
  const again = `./slipway release ${service} --commit ${commit}`;
  const place = `${service} --environment ${environment}`;
  switch (type) {
    case 'Rejected':
    case 'Expired':
    case 'Frozen':
    case 'Preempted':
      return [{ what: `when ${environment} may be released again`, command: again }];
    case 'RolledBack':
    case 'OnHold':
      return [
        {
          what: `release a commit that fixes it; this artifact is on hold in ${environment}`,
          command: `./slipway environment show ${place}`,
        },
      ];
    case 'RestoreFailed':
    case 'Drifted':
    case 'Unhealthy':
      return [{ what: `first look at ${environment}`, command: `./slipway drift ${place}` }];
    case 'Superseded':
      return [{ what: 'a newer change is under way', command: `./slipway environment show ${place}` }];
    case 'InvalidInput':
    case 'Aborted':
      return [
        { what: 'fix the cause, then', command: again },
        { what: `read what happened in ${environment}`, command: slipwayLine('timeline', workflowId) },
      ];
  }
}
