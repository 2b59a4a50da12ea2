import { workflowInfo } from '@temporalio/workflow';
import { describeCommit } from '../../contract/artifact.ts';
import type { Ending, Exposure, NextStep } from '../../contract/ending.ts';
import type { ServesAfter } from '../../contract/ledger.ts';
import { liftCommand } from '../../contract/holds.ts';
import { releasesArtifact } from '../../contract/plan.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { slipwayCommand } from '../run/commands.ts';
import { now } from '../run/journal.ts';
import type { Change } from './change.ts';
import type { Hold } from './finish.ts';

const maxSamples = 3;

/** What a change knows of its end when it leaves the environment. */
interface End {
  why: string;
  serves: ServesAfter;
  verified: boolean;
  /** The artifact that goes on hold; null if none does. */
  hold: Hold | null;
  /** Set when somebody else has the environment now, and answers for what serves. */
  isPreempted?: boolean | undefined;
}

/** Tells the end of a change in parts: why, what was seen, what serves, what users met, what to do next. */
export function describeEnd(change: Change, { why, serves, verified, hold, isPreempted = false }: End): Ending {
  const restore = change.run.record.status.steps.find(({ name }) => name === 'restore');
  const isBroken = !isPreempted && (restore?.state === 'failed' || restore?.state === 'parked');
  const isRestored = serves !== 'unknown' && (restore?.state === 'passed' || restore?.state === 'restored');
  return {
    why,
    samples: verified ? [] : samplesOf(change),
    serves,
    skipped: skippedSteps(change),
    exposed: verified ? null : exposureOf(change, { isTakenBack: typeof serves === 'object' || isRestored }),
    next: nextSteps(change, { serves, hold, isBroken }),
  };
}

/** Lists the steps that people skipped, as `bake skipped by …`. */
export function skippedSteps({ run }: Pick<Change, 'run'>): string[] {
  return run.record.status.steps.flatMap(({ name, skippedBy }) =>
    skippedBy === undefined ? [] : [`${name} skipped by ${skippedBy}`],
  );
}

/** Says when users met the artifact of a change that does not end as a release; null if they did not. */
function exposureOf({ effects, kind, plan, run }: Change, { isTakenBack }: { isTakenBack: boolean }): Exposure | null {
  if (!releasesArtifact(kind) || kind === 'rollback' || !effects.reached('traffic')) return null;
  const { steps } = run.record.status;
  const shift = steps.find(({ name }) => name === 'shift');
  const from = shift?.endedAt ?? shift?.startedAt;
  if (!from || shift?.attempts === 0) return null;
  const to = isTakenBack ? now() : null;
  return { commit: plan.artifact.commit, from, to };
}

function samplesOf({ run }: Change): string[] {
  return run.record.status.steps
    .flatMap(({ gates = [] }) => gates)
    .flatMap(({ verdict, sample }) => (verdict !== 'pass' && sample ? [sample] : []))
    .slice(0, maxSamples);
}

/** `isBroken`: the state from before is not back. */
function nextSteps(
  { entry, request }: Change,
  { serves, hold, isBroken }: Pick<End, 'serves' | 'hold'> & { isBroken: boolean },
): NextStep[] {
  const { service, environment } = entry;
  const place = (command: string, flags: Record<string, string> = {}) =>
    slipwayCommand(command, { environment, ...flags }, service);
  const steps: NextStep[] = [];
  if (isBroken)
    steps.push({
      what: 'the state from before is not back; go back to a state that was verified',
      command: place('rollback', { by: request.by, reason: 'the restore failed' }),
    });
  if (serves === 'unknown') steps.push({ what: 'look at what serves', command: place('drift') });
  if (hold)
    steps.push({
      what: `${describeCommit(hold.commit)} is on hold here; once its fault is mended, lift that`,
      command: liftCommand(entry, hold.digest),
    });
  if (steps.length > 0 || typeof serves === 'object')
    steps.push({ what: 'read what happened', command: slipwayLine('timeline', workflowInfo().workflowId) });
  return steps;
}
