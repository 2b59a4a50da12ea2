import type { JobReady } from '../../../activities/ports/target.ts';
import { writing } from '../../run/activities.ts';
import { frozen, preempted } from '../../lease/interruption.ts';
import { changeStep } from '../steps/change-step.ts';

/**
 * Gives the migration job the image of the revision, read back (invariant I2). Answers the state that a run is
 * conditional on. Nothing has been migrated yet, so the wait for a person about it is a safe point.
 */
export const syncJob = syncJobStep('sync-job');

/** Does the same before the fallback command. */
export const syncJobForFallback = syncJobStep('sync-job-fallback');

function syncJobStep(name: 'sync-job' | 'sync-job-fallback') {
  const fallback = name === 'sync-job-fallback';
  return changeStep<{ revision: string | null }, JobReady>({
    name,
    effect: 'job',
    run: ({ entry, kind, plan: { artifact, snapshot } }, { revision }, mark) =>
      writing('give the migration job the image').syncMigration({
        entry,
        marker: mark(),
        artifact,
        revision,
        // A rollback runs no migration, so nothing of the job stops it.
        expected: kind === 'rollback' ? undefined : snapshot.live.job?.settings,
        ...(fallback && { fallback }),
      }),
    detail: ({ job }, { revision }) => `${job} has the image of ${revision ?? 'the artifact to stage'}`,
    yieldsAtStandstill: true,
    safePoint: ({ interruption }) => interruption.at({ onRollback: preempted, onFreeze: frozen }),
  });
}
