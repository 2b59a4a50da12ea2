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
import { describeShare } from '../../contract/live.ts';
import type { PlannedStop } from '../../contract/release.ts';
import type { ChangeResult, StopStatus } from '../../contract/status.ts';
import type { deploy } from '../deploy.ts';
import type { promote } from '../promote.ts';
import { reading } from '../run/activities.ts';
import { applicationFailure, childFailure, ending, isExpected, isOutcome, messageOf } from '../run/failures.ts';
import type { Release } from './release.ts';
import { closeStop } from './stop-reports.ts';

/** Runs one stop of the train: a change of its own, which plans, asks people, queues and restores as always. */
export async function runStop(release: Release, planned: PlannedStop, artifact: Artifact): Promise<void> {
  const { record } = release.run;
  const stop = statusOf(release, planned);
  record.note(`${planned.environment}: begins as ${planned.workflowId}`);
  try {
    const result = await startStop(release, planned, artifact, stop);
    if (result.digest !== artifact.digest)
      throw ending('Drifted', `released ${result.digest}, but this release built ${artifact.digest}`);
    release.results.push(result);
    await release.reports.show(planned.workflowId);
    closeStop(record, stop);
    record.enter('releasing');
  } catch (error) {
    await release.reports.show(planned.workflowId);
    stop.state = 'failed';
    throw await stopFailure(release, planned, error);
  }
}

async function startStop(
  { run, input }: Release,
  planned: PlannedStop,
  artifact: Artifact,
  stop: StopStatus,
): Promise<ChangeResult> {
  const { workflowId, environment, from } = planned;
  const { service, requestedBy, reason, commit, ticket } = input;
  const request = {
    service,
    requestedBy,
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  };
  const options = {
    workflowId,
    // A release that was terminated asks its stop to stop: it ends at its next safe point, restores and frees the
    // environment (ADR 0015).
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `${service} to ${environment}, stop of release ${run.id}`.slice(0, 200),
  };
  const deployed = { ...request, environment, commit } satisfies DeployInput;
  const promoted = { ...request, from: from ?? '', to: environment, digest: artifact.digest } satisfies PromoteInput;
  const child =
    planned.kind === 'deploy'
      ? await startChild<typeof deploy>('deploy', { ...options, args: [deployed] })
      : await startChild<typeof promote>('promote', { ...options, args: [promoted] });
  stop.state = 'running';
  run.record.enter('releasing');
  return child.result();
}

function statusOf({ run }: Release, { environment }: PlannedStop): StopStatus {
  const stop = run.record.status.stops?.find((one) => one.environment === environment);
  if (!stop) throw new ReferenceError(`${environment} is no stop of this release`);
  return stop;
}

/** Answers the failure of the release: the stop's outcome, with which stop, what serves where, and what to do next. */
async function stopFailure(
  release: Release,
  { environment, workflowId }: PlannedStop,
  error: unknown,
): Promise<unknown> {
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return ending(
      'Aborted',
      `${environment}: run ${workflowId} is already under way; wait for its end or cancel it, then release again`,
    );
  const cause = childFailure(error);
  if (isCancellation(cause) && CancellationScope.current().consideredCancelled) return error;
  if (!(error instanceof ChildWorkflowFailure) && !isExpected(error)) return error;
  const type = (isOutcome(cause) ? applicationFailure(cause)?.type : 'Aborted') as OutcomeType;
  const states = await CancellationScope.nonCancellable(() => describeServing(release));
  const message = isCancellation(cause) ? 'its run was cancelled' : messageOf(cause);
  const advice = adviceAfter(type, release, environment, workflowId);
  return ending(type, `${environment}: ${message}; now: ${states}; next: ${advice}`, error);
}

/** Describes what users meet in each environment, as the platform says it. */
async function describeServing({ train }: Release): Promise<string> {
  const states = await Promise.all(
    train.stops.map(async (entry) => {
      try {
        const { serving: revisions } = await reading(`what ${entry.environment} serves`).observe({ entry });
        return `${entry.environment} serves ${revisions.map(describeShare).join(', ') || 'nothing'}`;
      } catch (error) {
        if (!isExpected(error)) throw error;
        return `${entry.environment}: not known (${messageOf(error)})`;
      }
    }),
  );
  return states.join(', ');
}

/** Advises what to do after a stop that did not reach its aim. */
function adviceAfter(type: OutcomeType, { input }: Release, environment: string, workflowId: string): string {
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
      return (
        `release a commit that fixes it; this artifact is on hold in ${environment}, see ` +
        `./slipway environment show ${service} --environment ${environment}`
      );
    case 'RestoreFailed':
    case 'Drifted':
    case 'Unhealthy':
      return `first look at ${environment}: ./slipway drift ${service} --environment ${environment}`;
    case 'Superseded':
      return `a newer change is under way: ./slipway environment show ${service} --environment ${environment}`;
    case 'InvalidInput':
    case 'Aborted':
      return `fix the cause, then ${again}; its run: ./slipway timeline ${workflowId}`;
  }
}
