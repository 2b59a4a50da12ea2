import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  startChild,
  CancellationScope,
} from '@temporalio/workflow';
import type { Artifact } from '../../contract/artifact.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import type { DeployInput, PromoteInput } from '../../contract/inputs.ts';
import type { PlannedStop } from '../../contract/release.ts';
import type { ChangeResult, StopStatus } from '../../contract/status.ts';
import type { deploy } from '../deploy.ts';
import type { promote } from '../promote.ts';
import { reading } from '../run/activities.ts';
import { applicationFailure, ending, isExpected, isOutcome, messageOf } from '../run/failures.ts';
import type { ReleaseRun } from './train.ts';
import { closeStop } from './stop-reports.ts';

/** One stop of the train: a change of its own, which plans, asks people, queues and restores as always. */
export async function travel(run: ReleaseRun, planned: PlannedStop, artifact: Artifact): Promise<void> {
  const stop = statusOf(run, planned);
  run.record.note(`${planned.environment}: begins as ${planned.workflowId}`);
  try {
    const result = await carriedOut(run, planned, artifact, stop);
    if (result.digest !== artifact.digest)
      throw ending('Drifted', `released ${result.digest}, this release built ${artifact.digest}`);
    run.results.push(result);
    await run.reports.show(planned.workflowId);
    closeStop(run.record, stop);
    run.record.enter('releasing');
  } catch (error) {
    await run.reports.show(planned.workflowId);
    stop.state = 'failed';
    throw await whatBecameOfIt(run, planned, error);
  }
}

async function carriedOut(
  run: ReleaseRun,
  planned: PlannedStop,
  artifact: Artifact,
  stop: StopStatus,
): Promise<ChangeResult> {
  const { workflowId, environment, from } = planned;
  const { service, requestedBy, reason, commit } = run.input;
  const asked = { service, requestedBy, ...(reason === undefined ? {} : { reason }) };
  const options = {
    workflowId,
    // A release that was terminated asks its stop to stop: it ends at its next safe point, restores and frees the
    // environment (ADR 0015).
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `${service} to ${environment}, stop of release ${run.id}`.slice(0, 200),
  };
  const deployed = { ...asked, environment, commit } satisfies DeployInput;
  const promoted = { ...asked, from: from ?? '', to: environment, digest: artifact.digest } satisfies PromoteInput;
  const child =
    planned.kind === 'deploy'
      ? await startChild<typeof deploy>('deploy', { ...options, args: [deployed] })
      : await startChild<typeof promote>('promote', { ...options, args: [promoted] });
  stop.state = 'running';
  run.record.enter('releasing');
  return child.result();
}

function statusOf(run: ReleaseRun, { environment }: PlannedStop): StopStatus {
  const stop = run.stops.find((one) => one.environment === environment);
  if (!stop) throw new ReferenceError(`${environment} is no stop of this release`);
  return stop;
}

/** The stop's outcome is the release's; its message says which stop, what serves where, and what to do next. */
async function whatBecameOfIt(
  run: ReleaseRun,
  { environment, workflowId }: PlannedStop,
  error: unknown,
): Promise<unknown> {
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return ending(
      'Aborted',
      `${environment}: a run ${workflowId} goes on already; wait for its end or cancel it, then release again`,
    );
  const cause = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  if (isCancellation(cause) && CancellationScope.current().consideredCancelled) return error;
  if (!(error instanceof ChildWorkflowFailure) && !isExpected(error)) return error;
  const type = (isOutcome(cause) ? applicationFailure(cause)?.type : 'Aborted') as OutcomeType;
  const states = await CancellationScope.nonCancellable(() => serving(run));
  const message = isCancellation(cause) ? 'its run was cancelled' : messageOf(cause);
  return ending(
    type,
    `${environment}: ${message}; now: ${states}; next: ${nextAfter(type, run, environment, workflowId)}`,
    error,
  );
}

/** What users meet in each environment, from the platform. */
async function serving(run: ReleaseRun): Promise<string> {
  const states = await Promise.all(
    run.train.stops.map(async (entry) => {
      try {
        const { serving: revisions } = await reading(`what ${entry.environment} serves`).observe({ entry });
        return `${entry.environment} serves ${revisions.map(({ revision, percent, commit }) => `${revision} ${percent} % (commit ${commit.slice(0, 12) || 'unknown'})`).join(', ') || 'nothing'}`;
      } catch (error) {
        if (!isExpected(error)) throw error;
        return `${entry.environment}: not known (${messageOf(error)})`;
      }
    }),
  );
  return states.join(', ');
}

function nextAfter(type: OutcomeType, { input }: ReleaseRun, environment: string, workflowId: string): string {
  const { service, commit } = input;
  const again = `./slipway release ${service} --commit ${commit}`;
  switch (type) {
    case 'Rejected':
    case 'Expired':
    case 'Frozen':
    case 'Preempted':
      return `when ${environment} may be released again: ${again}`;
    case 'RolledBack':
    case 'OnHold':
      return `release a commit that mends it; this artifact is on hold in ${environment}, see ./slipway environment show ${service} --environment ${environment}`;
    case 'RestoreFailed':
    case 'Drifted':
      return `look at ${environment} before anything else: ./slipway drift ${service} --environment ${environment}`;
    case 'Superseded':
      return `something newer is on its way: ./slipway environment show ${service} --environment ${environment}`;
    case 'InvalidInput':
    case 'Aborted':
      return `mend what it says, then ${again}; its run: ./slipway timeline ${workflowId}`;
  }
}
