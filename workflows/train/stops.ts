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
import type { ChangeResult, ChangeStatus, StopStatus } from '../../contract/status.ts';
import type { deploy } from '../deploy.ts';
import type { promote } from '../promote.ts';
import { applicationFailure, childFailure, ending, isExpected, isOutcome, messageOf } from '../run/failures.ts';
import { adviceAfter, endingOfRelease, readServing } from './ending.ts';
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
    const status = await release.reports.show(planned.workflowId);
    stop.state = 'failed';
    throw await stopFailure(release, planned, error, status);
  }
}

async function startStop(
  release: Release,
  planned: PlannedStop,
  artifact: Artifact,
  stop: StopStatus,
): Promise<ChangeResult> {
  const { run, input } = release;
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
  release.reports.started(workflowId, child.firstExecutionRunId);
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
  status: ChangeStatus | null,
): Promise<unknown> {
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return ending(
      'Aborted',
      `${environment}: run ${workflowId} is already under way; wait for its end or cancel it, then release again`,
    );
  const cause = childFailure(error);
  if (isCancellation(cause) && CancellationScope.current().consideredCancelled) return error;
  const isOfStop = error instanceof ChildWorkflowFailure;
  if (!isOfStop && !isExpected(error)) return error;
  const type = (isOutcome(cause) ? applicationFailure(cause)?.type : 'Aborted') as OutcomeType;
  const message = isCancellation(cause) ? 'its run was cancelled' : messageOf(cause);
  const end = { type, environment, workflowId, message };
  const advice = adviceAfter(end, release);
  const stops = await CancellationScope.nonCancellable(() => readServing(release));
  const parts = isOfStop && status ? endingOfRelease(end, status, stops, advice) : null;
  if (parts) release.run.record.status.ending = parts;
  const now = stops.map((stop) => `${stop.environment} serves ${stop.serves}`).join(', ');
  const next = advice.map(({ what, command }) => (command === undefined ? what : `${what}: ${command}`)).join('; ');
  return ending(type, `${environment}: ${message}; now: ${now}; next: ${next}`, error);
}
