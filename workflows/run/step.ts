import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { decisionEffects } from '../../contract/decisions.ts';
import { diagnose } from '../../contract/diagnosis.ts';
import type { DecideAction } from '../../contract/messages.ts';
import { contestedBy, ending, isDecided, isExpected, isFinalAnswer, messageOf } from './failures.ts';
import type { DecisionRequest, Parking } from './parking.ts';
import type { RunRecord } from './record.ts';
import type { Standstill } from './standstill.ts';

/** Says how a run treats a step that does not pass. */
export interface StepPolicy {
  /** Names the roles that decide about a parked step. */
  deciders(): readonly string[];
  /** Tells whether a decision is about the schema: where approvals are signed, it is signed, whatever it says. */
  isAboutSchema(): boolean;
  /** Tells whether a failure ends the step without asking a person. */
  isFinal(error: unknown): boolean;
  /** Tells whether a person may decide to roll back. */
  canRollBack(): boolean;
  /** Says what an abort leaves. */
  effectOfAbort(): string;
}

/** Names what a step needs of its run. */
export interface StepContext {
  readonly record: RunRecord;
  readonly parking: Parking;
  readonly policy: StepPolicy;
  readonly standstill: Standstill;
}

export interface StepOptions<T> {
  /** One line about the result, for a person. */
  detail?: (result: T) => string;
  /** Answers for a step that a person skips; without it the step cannot be skipped. Never given to a schema step. */
  skipped?: () => T;
  /** Hears what a person decides to overwrite of somebody else's, before the step is tried again. */
  force?: (contested: string[]) => void;
  /** Set for a restore itself: when it fails, there is nothing further to roll back to. */
  isLastResort?: boolean;
  /** The wait for a person about this step is a safe point: see `DecisionRequest.safePoint`, told why it parks. */
  safePoint?: (why: string) => Error | null;
  /** The wait for a platform that does not answer is a safe point as well. */
  yieldsAtStandstill?: boolean;
}

/** Answers the policy of a run that writes to nothing itself: operators decide, a final answer ends the step. */
export function operatorsDecide(deciders: () => readonly string[]): StepPolicy {
  return {
    deciders,
    isAboutSchema: () => false,
    isFinal: isFinalAnswer,
    canRollBack: () => false,
    effectOfAbort: () => decisionEffects.abort,
  };
}

/**
 * Runs one step. A final answer ends it; an unknown outcome or used-up retries park it. A person's `retry`, or a
 * further pass after a freeze, raises the attempt, from which outside names derive (invariant I1).
 */
export async function step<T>(
  context: StepContext,
  name: string,
  action: (attempt: number) => Promise<T>,
  options: StepOptions<T> = {},
): Promise<T> {
  const { steps } = context.record;
  // A run that starts over goes on counting: its names and markers have to be new ones.
  for (let attempt = steps.attemptsOf(name) + 1; ; attempt += 1) {
    steps.begin(name);
    try {
      const work = () => context.standstill.watch(name, () => action(attempt));
      const result = await (options.yieldsAtStandstill ? untilYield(context, name, work, options) : work());
      if (attempt > 1) context.record.forgetDiagnosis();
      steps.end(name, 'passed', { detail: options.detail?.(result) });
      return result;
    } catch (error) {
      steps.end(name, 'failed', { error: messageOf(error) });
      if (!isDecided(error)) context.record.diagnose(diagnose([messageOf(error)]));
      if (!isExpected(error) || isCancellation(error) || context.policy.isFinal(error)) throw error;
      const skipped = await askAbout(context, name, error, options);
      if (skipped) return skipped.value;
    }
  }
}

/** Does the work of a step; gives it up at its safe point where it stands still, and ends with the reason of that. */
async function untilYield<T>(
  { standstill }: StepContext,
  name: string,
  work: () => Promise<T>,
  { safePoint }: StepOptions<T>,
): Promise<T> {
  if (!standstill.isSaid || !safePoint) return work();
  const scope = new CancellationScope();
  const reason = () => (standstill.isOf(name) ? safePoint(`${name} stands still`) : null);
  let isSettled = false;
  const pending = scope.run(work).finally(() => {
    isSettled = true;
  });
  // It is awaited below; a failure before that is no unhandled one.
  pending.catch(() => undefined);
  await condition(() => isSettled || reason() !== null);
  const stop = isSettled ? null : reason();
  if (!stop) return pending;
  scope.cancel();
  try {
    return await pending;
  } catch (error) {
    throw isCancellation(error) ? stop : error;
  }
}

/** Answers the value of a skipped step, or null when the step is tried again. */
async function askAbout<T>(
  { record, parking, policy }: StepContext,
  name: string,
  error: unknown,
  { skipped, force, isLastResort, safePoint }: StepOptions<T>,
): Promise<{ value: T } | null> {
  const contested = force ? contestedBy(error) : [];
  const why = contested.length > 0 ? describeContested(contested) : messageOf(error);
  const request: DecisionRequest = {
    step: name,
    why,
    actions: actionsFor({
      canSkip: skipped !== undefined,
      canForce: contested.length > 0,
      canRollBack: policy.canRollBack() && !isLastResort,
    }),
    roles: policy.deciders(),
    isAboutSchema: policy.isAboutSchema(),
    effects: { retry: `try ${name} again`, abort: policy.effectOfAbort() },
    ...(safePoint && { safePoint: () => safePoint(why) }),
  };
  const { decision, said } = await parking.ask(request);
  if (decision === 'rollback')
    throw ending('RolledBack', `${name}: rolled back by decision of ${said}; before that: ${why}`);
  if (decision === 'force') {
    record.note(`to be overwritten by decision of ${said}: ${contested.join('; ')}`);
    force?.(contested);
  }
  if (decision !== 'skip' || !skipped) return null;
  record.steps.skip(name, said);
  return { value: skipped() };
}

function actionsFor(can: { canSkip: boolean; canForce: boolean; canRollBack: boolean }): DecideAction[] {
  return [
    'retry',
    ...(can.canSkip ? (['skip'] as const) : []),
    ...(can.canForce ? (['force'] as const) : []),
    'abort',
    ...(can.canRollBack ? (['rollback'] as const) : []),
  ];
}

/** Tells a person what would be overwritten, and what they can do about it. */
export function describeContested(contested: readonly string[]): string {
  return (
    `it would overwrite what somebody else has changed: ${contested.join('; ')}. ` +
    'Put it back or take it into the repository, then retry; force overwrites it'
  );
}
