import { defineQuery, setHandler, uuid4, workflowInfo, CancellationScope } from '@temporalio/workflow';
import type { Artifact } from '../../contract/artifact.ts';
import { bellNames, stopBell } from '../../contract/bells.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { releaseInput, type ReleaseInput } from '../../contract/inputs.ts';
import { approvePayload, decidePayload, messageNames, queryNames, rejectPayload } from '../../contract/messages.ts';
import type { ReleasePlan, Train } from '../../contract/release.ts';
import type { ChangeResult, ChangeStatus, ReleaseResult, StopStatus, TimelineEntry } from '../../contract/status.ts';
import { lookups, reading } from '../run/activities.ts';
import type { Reach } from '../run/commands.ts';
import { concluded } from '../run/conclude.ts';
import { inputOf } from '../run/input.ts';
import { listen, refusal } from '../run/messages.ts';
import { Parking } from '../run/parking.ts';
import { present } from '../run/present.ts';
import { RunRecord } from '../run/record.ts';
import { proveRequest } from '../approvals/request.ts';
import { onBell } from '../run/bells.ts';
import { StopReports } from './stop-reports.ts';
import { planTrain, showTrain } from './plan.ts';

/**
 * A release while it runs: what is known, what people see, and how it is reached. What people say about a stop is
 * handed on to the run of that stop, which judges it.
 */
export class ReleaseRun {
  readonly record = new RunRecord('release');
  readonly id = this.record.status.change;
  readonly reports = new StopReports(this.record);
  readonly parking: Parking;
  /** A release changes nothing itself; its stops do. */
  readonly mutated = false;
  readonly irreversible = false;
  readonly results: ChangeResult[] = [];
  private known: { input?: ReleaseInput; train?: Train; reach?: Reach; plan?: ReleasePlan } = {};

  constructor() {
    this.parking = new Parking(this);
    this.listen();
  }

  get input(): ReleaseInput {
    return present(this.known.input, 'input');
  }
  get train(): Train {
    return present(this.known.train, 'train');
  }
  get reach(): Reach {
    return present(this.known.reach, 'connection');
  }
  get plan(): ReleasePlan {
    return present(this.known.plan, 'plan');
  }
  /** The first stop's: its owners and operators decide what is parked here. */
  get entry(): CatalogEntry {
    return present(this.train.stops[0], 'first stop');
  }
  get stops(): StopStatus[] {
    return this.record.status.stops ?? [];
  }

  /** Parses the input and finds the train; every problem ends the run as `InvalidInput`. */
  async open(raw: unknown): Promise<ReleaseInput> {
    const input = inputOf(releaseInput, raw);
    const { service, commit, requestedBy, reason } = input;
    Object.assign(this.record.status, { service, commit, requestedBy, reason: reason ?? '' });
    const { train, searchAttributes, address, namespace } = await lookups.resolveTrain({ service, requestedBy });
    this.record.attributesAre(searchAttributes);
    this.known = {
      input,
      train,
      reach: { address, namespace },
      plan: planTrain(train, { change: this.id, commit, workflowId: workflowInfo().workflowId }),
    };
    await proveRequest(this, train.stops, raw, requestedBy);
    showTrain(this.record, this.plan);
    return input;
  }

  async conclude(story: () => Promise<ReleaseResult>): Promise<ReleaseResult> {
    return concluded(this.record, story, {
      cancelled: () =>
        ['cancelled', ...this.results.map(({ environment, revision }) => `${environment} keeps ${revision}`)].join(
          '; ',
        ),
    });
  }

  result({ commit, digest }: Artifact): ReleaseResult {
    const last = present(this.results.at(-1), 'last stop');
    const where = this.results.map(({ environment }) => environment).join(' and ');
    return {
      ...last,
      outcome: `released ${commit.slice(0, 12)} to ${where}`,
      change: this.id,
      commit,
      digest,
      stops: this.results,
    };
  }

  private listen(): void {
    const { record } = this;
    setHandler(defineQuery<ChangeStatus>(queryNames.status), () => record.status, {
      description: 'Where the release stands, what it waits for, and the commands that go on',
    });
    setHandler(defineQuery<TimelineEntry[]>(queryNames.timeline), () => record.timeline, {
      description: 'What happened so far, in order',
    });
    setHandler(defineQuery<ReleasePlan | null>(queryNames.plan), () => this.known.plan ?? null, {
      description: 'The way of the release: its checklist and its stops',
    });
    onBell(record, bellNames.reported, stopBell, ({ workflowId }) => this.reports.hear(workflowId));
    listen(
      record,
      messageNames.approve,
      approvePayload,
      'Approve the plan of the stop that waits: {"by": "you@example.com", "plan": "<hash>"}',
      (payload) => this.handOn(messageNames.approve, payload),
    );
    listen(
      record,
      messageNames.reject,
      rejectPayload,
      'Reject the plan of the stop that waits: {"by": "you@example.com", "note": "why"}',
      (payload) => this.handOn(messageNames.reject, payload),
    );
    listen(
      record,
      messageNames.decide,
      decidePayload,
      'Decide what is parked: {"action": "retry|skip|markDone|abort|rollback", "by": "you@example.com"}',
      async (payload) =>
        this.parking.waits ? this.noted(this.parking.decide(payload)) : this.handOn(messageNames.decide, payload),
    );
  }

  /** The run of the stop judges the message; its answer is the answer. */
  private async handOn(message: string, payload: object): Promise<string> {
    const stop = this.stops.find(({ state }) => state === 'running');
    if (!stop) throw refusal('no stop of this release is under way, so nobody is asked: see waitingFor in status');
    const { environment, workflowId } = stop;
    const request = { workflowId, message, payload, updateId: uuid4() };
    // Also while the release is being cancelled: its stop may have parked on the way out.
    const result = await CancellationScope.nonCancellable(() =>
      reading(`hand ${message} on to ${environment}`.slice(0, 200)).forwardMessage(request),
    );
    if ('refused' in result) throw refusal(`${environment}: ${result.refused}`);
    return this.noted(`${environment}: ${result.answer}`);
  }

  private noted(answer: string): string {
    this.record.note(answer);
    this.record.describe();
    return answer;
  }
}
