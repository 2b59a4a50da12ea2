import { CancellationScope } from '@temporalio/workflow';
import type { GateJobReport } from '../../../activities/post-deploy-gate.ts';
import type { StepName } from '../../../contract/step-names.ts';
import type { PostDeployGateResult } from '../../../contract/status.ts';
import { cancellationPoint, frozen, preempted } from '../../lease/interruption.ts';
import { following, writing } from '../../run/activities.ts';
import { finalAnswer, unknownOutcome } from '../../run/failures.ts';
import type { Change } from '../change.ts';
import { withDeadline, yieldUndecided } from '../migration/deadline.ts';
import { requireOwnImage, stopBeforeMigration } from '../migration/migrate.ts';
import { changeStep } from './change-step.ts';
import type { LiveRevision } from './shift.ts';

type Live = Pick<LiveRevision, 'revision' | 'url'>;

/**
 * Repeats the migration by the command that has run: it finds nothing to do, or the release is not what it seems. Like
 * the first it runs to its end, since a migration of unknown outcome is no point to stop at.
 */
const repeatMigration = changeStep<{ revision: string }, GateJobReport>({
  name: 'gate-migration',
  phase: 'migrating',
  effect: 'job',
  run: async (change, { revision }, mark) => {
    const { entry, plan, schema } = change;
    const { artifact } = plan;
    const fallback = schema.ranFallback;
    const sync = { entry, marker: mark(), artifact, revision, ...(fallback && { fallback }) };
    const ready = await writing('give the migration job the image again').syncMigration(sync);
    stopBeforeMigration(change);
    const request = { entry, marker: mark(), artifact, ready, job: { purpose: 'migration' as const, fallback } };
    const repeat = () => following('run the migration once more').runGateJob(request);
    const report = await CancellationScope.nonCancellable(() => withDeadline(change, 'gate-migration', repeat));
    return judge(change, 'gate-migration', 'the repeated migration', report);
  },
  detail: ({ reason }) => reason,
  safePoint: (change, why) => yieldUndecided(change, 'gate-migration', why),
});

const smokeAsJob = changeStep<Live, GateJobReport>({
  name: 'gate-smoke',
  phase: 'smoke',
  effect: 'job',
  run: async (change, { revision, url }, mark) => {
    const { entry, plan } = change;
    const { artifact, snapshot } = plan;
    const expected = snapshot.live.jobs?.smoke;
    const sync = { entry, marker: mark(), artifact, revision, url, expected };
    const ready = await writing('give the smoke job the image').syncSmoke(sync);
    const request = { entry, marker: mark(), artifact, ready, job: { purpose: 'smoke' as const } };
    const report = await following('run the smoke job').runGateJob(request);
    return judge(change, 'gate-smoke', 'the smoke job', report);
  },
  detail: ({ reason }) => reason,
  safePoint: ({ interruption }) => interruption.at({ onRollback: preempted, onFreeze: frozen }),
});

/**
 * Runs the post-deploy gate of the catalog: the migration once more, then the smoke as a job (runbook 001, section 6).
 * A no goes the same way back as that of any gate. Answers null where the environment has no such gate.
 */
export async function postDeployGate(change: Change, live: Live): Promise<PostDeployGateResult | null> {
  const { postDeployGate: gate, migration } = change.entry.settings;
  if (!gate) return null;
  const repeated = migration ? await repeatMigration(change, live) : null;
  await cancellationPoint();
  const { run } = await smokeAsJob(change, live);
  return { migration: repeated?.run.execution ?? null, smoke: run.execution };
}

/** Runs only the smoke of the gate, where there is one: a `migrate` is the gate's migration itself. */
export async function smokeJobOfGate(change: Change, live: Live): Promise<void> {
  if (change.entry.settings.postDeployGate) await smokeAsJob(change, live);
}

/** Judges what a job of the gate found, after the end of its log is in the timeline; throws what is no pass. */
function judge(change: Change, name: StepName, what: string, report: GateJobReport): GateJobReport {
  const { record } = change.run;
  const { verdict, reason, log, run } = report;
  requireOwnImage(change, run);
  for (const line of log) record.note(`${name}: ${line}`);
  if (verdict === 'fail') throw finalAnswer(`${what} failed: ${reason}`);
  if (verdict === 'inconclusive') throw unknownOutcome(`${what} is inconclusive: ${reason}`);
  return report;
}
