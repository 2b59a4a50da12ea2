import { isCancellation } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DecideAction } from '../../contract/messages.ts';
import { ending, isExpected, isFailure, isFinalAnswer, messageOf } from './failures.ts';
import type { Parking } from './parking.ts';
import type { RunRecord } from './record.ts';

/** The run that a step belongs to: a change, or a release, which itself changes nothing. */
export interface Stepping {
  readonly record: RunRecord;
  readonly parking: Parking;
  readonly entry: CatalogEntry;
  readonly irreversible: boolean;
  readonly mutated: boolean;
}

interface StepOptions<T> {
  /** One line about the result, for a person. */
  detail?: (result: T) => string;
  /**
   * What the step answers when a person skips it; without it the step cannot be skipped. Never given to approval,
   * parity or schema.
   */
  skipped?: () => T;
  /** A restore itself: when it fails, there is nothing further to roll back to. */
  lastResort?: boolean;
}

/**
 * Runs one step of a change. A final answer of the platform ends it; an unknown outcome or used-up retries park it. A
 * person's `retry`, or a further pass after a freeze, raises the attempt, from which outside names derive (invariant
 * I1).
 */
export async function step<T>(
  change: Stepping,
  name: string,
  action: (attempt: number) => Promise<T>,
  options: StepOptions<T> = {},
): Promise<T> {
  const { record } = change;
  // A change that starts over goes on counting: its names and markers have to be new ones.
  for (let attempt = record.attemptsOf(name) + 1; ; attempt += 1) {
    record.begin(name);
    try {
      const result = await action(attempt);
      record.end(name, 'passed', { detail: options.detail?.(result) });
      return result;
    } catch (error) {
      const why = messageOf(error);
      record.end(name, 'failed', { error: why });
      if (!isExpected(error) || isCancellation(error) || endsHere(change, error)) throw error;
      const skipped = await afterParking(change, name, why, options);
      if (skipped) return skipped.value;
    }
  }
}

/** After an incompatible migration the way back is closed: even a gate's no waits for a person (invariant I8). */
function endsHere(change: Stepping, error: unknown): boolean {
  if (change.irreversible && isFailure(error, 'GateFailed')) return false;
  return isFinalAnswer(error);
}

async function afterParking<T>(
  change: Stepping,
  name: string,
  why: string,
  options: StepOptions<T>,
): Promise<{ value: T } | null> {
  const { settings, owners } = change.entry;
  const roles = change.irreversible && owners['data-owner'] ? ['data-owner'] : settings.operators;
  const actions: DecideAction[] = [
    'retry',
    ...(options.skipped ? (['skip'] as const) : []),
    'abort',
    ...(change.mutated && !options.lastResort ? (['rollback'] as const) : []),
  ];
  const { action, by, note } = await change.parking.park(name, why, actions, roles);
  const said = `${by}${note ? `: ${note}` : ''}`;
  if (action === 'abort') throw ending('Aborted', `${name} was given up by ${said}; before that: ${why}`);
  if (action === 'rollback')
    throw ending('RolledBack', `${name}: rolled back by decision of ${said}; before that: ${why}`);
  if (action === 'skip' && options.skipped) {
    change.record.end(name, 'skipped', { detail: `skipped by ${said}` });
    return { value: options.skipped() };
  }
  return null;
}
