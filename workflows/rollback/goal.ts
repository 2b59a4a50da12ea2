import type { KnownGood } from '../../activities/known-good/rollback-goal.ts';
import type { Artifact } from '../../contract/artifact.ts';
import type { MigrationJobState, Snapshot } from '../../contract/live.ts';
import { describeState } from '../../contract/named-state.ts';
import type { Parts } from '../change/change.ts';
import type { Hold } from '../change/finish.ts';

/** Describes the goal with what could not be asked about it. */
export function describeGoal(goal: KnownGood): string {
  return [describeState(goal), ...(goal.unchecked ? [`could not be checked: ${goal.unchecked}`] : [])].join('; ');
}

/**
 * Answers the state to go to in the form of a snapshot: the goal's revision and image, in the shape that the traffic
 * had before a preempted change.
 */
export function goalSnapshot(change: Parts<'plan' | 'lease'>, { artifact, revision }: KnownGood): Snapshot {
  const { snapshot } = change.plan;
  const { live } = snapshot;
  const good = { revision, digest: artifact.digest, commit: artifact.commit, percent: 100 };
  const follows = trafficBefore(change).some((share) => share.revision === null);
  return {
    takenAt: snapshot.takenAt,
    good,
    obstacles: [],
    live: {
      ...live,
      key: '',
      serving: [good],
      traffic: [{ revision: follows ? null : revision, percent: 100, tag: null }],
      template: { revision, digest: artifact.digest },
      job: live.job && jobOfGoal(live.job, artifact),
    },
  };
}

/** Other settings than those of now belong to the goal: the platform may have them on record. */
function jobOfGoal({ settings: _settings, ...job }: MigrationJobState, { image, digest }: Artifact): MigrationJobState {
  return { ...job, image, digest };
}

/** Answers the snapshot with the traffic's shape of before a preempted change, which pins while it stages. */
export function snapshotBefore(change: Parts<'plan' | 'lease'>): Snapshot {
  const { snapshot } = change.plan;
  return { ...snapshot, live: { ...snapshot.live, traffic: trafficBefore(change) } };
}

/**
 * Answers what a rollback goes away from, to be put on hold however the rollback ends: the next one would lead back to
 * it otherwise.
 */
export function holdOfLeftArtifact({ plan, request }: Parts<'plan' | 'request'>, goal: KnownGood): Hold | null {
  const left = plan.snapshot.live.serving.find(({ digest }) => digest !== goal.artifact.digest);
  if (!left) return null;
  return { digest: left.digest, commit: left.commit, reason: `rolled back by ${request.by}: ${request.reason}` };
}

function trafficBefore({ plan, lease }: Parts<'plan' | 'lease'>): Snapshot['live']['traffic'] {
  return lease.handOver?.traffic ?? plan.snapshot.live.traffic;
}
