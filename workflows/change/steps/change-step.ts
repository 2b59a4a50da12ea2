import type { Marker } from '../../../contract/fence.ts';
import type { Phase } from '../../../contract/status.ts';
import type { StepName } from '../../../contract/step-names.ts';
import { step } from '../../run/step.ts';
import type { Change } from '../change.ts';
import type { Effect } from '../effects.ts';

/** Defines one step of a change: the same anatomy for each. */
export interface ChangeStepDefinition<Args, Result> {
  name: StepName;
  /** Phase that the change enters with this step; without it the phase stays. */
  phase?: Phase;
  /** Effect on the target; recorded before the write is sent. */
  effect?: Effect;
  /** Calls one activity. `mark` makes the marker of a write: one for each write (invariant I1). */
  run: (change: Change, args: Args, mark: () => Marker) => Promise<Result>;
  /** Describes the result in one line, for a person. */
  detail?: (result: Result, args: Args, change: Change) => string;
  /** Set for a restore itself: when it fails, there is nothing further to roll back to. */
  isLastResort?: boolean;
  /** The wait for a person about this step is a safe point: answers why the change stops there. */
  safePoint?: (change: Change, why: string) => Error | null;
  /** The wait for a platform that does not answer is a safe point as well. */
  yieldsAtStandstill?: boolean;
}

/** Makes a step from its definition: it is shown, tried, parked and repeated as every other one is. */
export function changeStep<Args, Result>(definition: ChangeStepDefinition<Args, Result>) {
  const { name, phase, effect, run, detail, isLastResort, safePoint, yieldsAtStandstill = false } = definition;
  return async (change: Change, args: Args): Promise<Result> => {
    if (phase) change.run.record.enter(phase);
    if (effect) change.effects.record(effect);
    return step(change.run, name, (attempt) => run(change, args, () => change.lease.marker(name, attempt)), {
      isLastResort,
      yieldsAtStandstill,
      force: (contested) => change.plan.force(contested),
      ...(detail && { detail: (result: Result) => detail(result, args, change) }),
      ...(safePoint && { safePoint: (why: string) => safePoint(change, why) }),
    });
  };
}
