import { CancellationScope, uuid4, workflowInfo } from '@temporalio/workflow';
import type { Artifact } from '../../contract/artifact.ts';
import { bellNames, stopBell } from '../../contract/bells.ts';
import { releaseInput } from '../../contract/inputs.ts';
import { approvePayload, decidePayload, messageNames, queryNames, rejectPayload } from '../../contract/messages.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { ChangeStatus, ReleaseResult } from '../../contract/status.ts';
import { verifyRequest } from '../approvals/request.ts';
import { lookups, reading } from '../run/activities.ts';
import { describeChange } from '../run/details.ts';
import { decideParked } from '../run/decide.ts';
import { identityOf } from '../run/identity.ts';
import { onBell, refusal } from '../run/messages.ts';
import { newChangeStatus, RunRecord } from '../run/record.ts';
import { RunNotifier } from '../run/run-notifier.ts';
import { Run } from '../run/run.ts';
import { planTrain, showTrain } from './plan.ts';
import type { Release } from './release.ts';
import { StopReports } from './stop-reports.ts';

/**
 * Runs a release: handlers first, then the input, the train and the request, then its story. What people say about a
 * stop is forwarded to the run of that stop, which judges it.
 */
export async function runRelease(
  raw: unknown,
  story: (release: Release) => Promise<ReleaseResult>,
): Promise<ReleaseResult> {
  const run = new Run(new RunRecord(newChangeStatus('release'), describeChange));
  const reports = new StopReports(run.record);
  const state: { release: Release | null } = { release: null };
  let notifier: RunNotifier | null = null;
  registerHandlers(run, reports, state);
  const describeCancelled = () => {
    const kept = state.release?.results.map(({ environment, revision }) => `${environment} keeps ${revision}`) ?? [];
    return ['cancelled', ...kept].join('; ');
  };
  return run.conclude(
    async () => {
      state.release = await openRelease(run, reports, raw);
      // Its stops tell of themselves; it has a checklist that may park.
      notifier = RunNotifier.of(run, state.release.entry);
      return story(state.release);
    },
    { cancelled: describeCancelled, isSettled: () => notifier?.isSettled ?? true },
  );
}

/** Answers the result of a release whose stops all reached their aim. */
export function releaseResult({ run, results }: Release, { commit, digest }: Artifact): ReleaseResult {
  const last = results.at(-1);
  if (!last) throw new ReferenceError('the train has no stop');
  const where = results.map(({ environment }) => environment).join(' and ');
  const outcome = `released ${commit.slice(0, 12)} to ${where}`;
  return { ...last, outcome, change: run.id, commit, digest, stops: results };
}

/** Parses the input and finds the train; every problem ends the run as `InvalidInput`. */
async function openRelease(run: Run<ChangeStatus>, reports: StopReports, raw: unknown): Promise<Release> {
  const input = run.parse(releaseInput, raw, ({ service, commit, requestedBy, reason = '' }) => ({
    service,
    commit,
    requestedBy,
    reason,
  }));
  const { service, commit, requestedBy } = input;
  const { train, ...server } = await lookups.resolveTrain({ service, requestedBy });
  const [entry, ...later] = train.stops;
  if (!entry) throw new ReferenceError(`the train of ${service} has no stop`);
  run.identify(identityOf(server, [entry, ...later]));
  const plan = planTrain(train, { change: run.id, commit, workflowId: workflowInfo().workflowId });
  await verifyRequest(run, train.stops, raw, requestedBy);
  showTrain(run.record, plan);
  return { run, input, train, plan, entry, reports, results: [] };
}

function registerHandlers(run: Run<ChangeStatus>, reports: StopReports, state: { release: Release | null }): void {
  const { record } = run;
  const plan = () => state.release?.plan ?? null;
  run.answer<ReleasePlan | null>(queryNames.plan, 'The way of the release: its checklist and its stops', plan);
  onBell(record, bellNames.reported, stopBell, ({ workflowId }) => reports.hear(workflowId));
  run.on(
    {
      name: messageNames.approve,
      schema: approvePayload,
      description: 'Approve the plan of the stop that waits: {"by": "you@example.com", "plan": "<hash>"}',
    },
    (payload) => forwardToStop(run, messageNames.approve, payload),
  );
  run.on(
    {
      name: messageNames.reject,
      schema: rejectPayload,
      description: 'Reject the plan of the stop that waits: {"by": "you@example.com", "note": "why"}',
    },
    (payload) => forwardToStop(run, messageNames.reject, payload),
  );
  run.on(
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decide what is parked: {"action": "retry|skip|markDone|abort|rollback", "by": "you@example.com"}',
    },
    (payload) => (run.parking.waits ? decideParked(run, payload) : forwardToStop(run, messageNames.decide, payload)),
  );
}

/** Forwards a message to the run of the stop that is under way; its answer is the answer. */
async function forwardToStop({ record }: Run<ChangeStatus>, message: string, payload: object): Promise<string> {
  const stop = record.status.stops?.find(({ state }) => state === 'running');
  if (!stop)
    throw refusal('no stop of this release is under way, so there is nothing to answer: see waitingFor in status');
  const { environment, workflowId } = stop;
  const request = { workflowId, message, payload, updateId: uuid4() };
  const summary = `forward ${message} to ${environment}`.slice(0, 200);
  // Also while the release is being cancelled: its stop may have parked on the way out.
  const result = await CancellationScope.nonCancellable(() => reading(summary).forwardMessage(request));
  if ('refused' in result) throw refusal(`${environment}: ${result.refused}`);
  return `${environment}: ${result.answer}`;
}
