import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { changeId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/messages.ts';
import type { RunStatus, TimelineEntry } from '../../contract/status.ts';
import type { TemporalEndpoint } from './commands.ts';
import { applicationFailure, ending, isOutcome, messageOf } from './failures.ts';
import { onMessage, parseStart, refusal, type MessageDefinition } from './messages.ts';
import type { Identity } from './identity.ts';
import { Parking } from './parking.ts';
import type { RunRecord } from './record.ts';
import { Standstill } from './standstill.ts';
import { operatorsDecide, type StepPolicy } from './step.ts';

export interface Conclusion {
  /** Says what a cancelled run leaves behind. */
  cancelled: () => string;
  /** Tells whether others have heard all that this run had to tell them. */
  isSettled?: () => boolean;
}

/**
 * Any run: status, timeline, parking, messages, conclusion. A change and a release are built on it, and so is whatever
 * comes next. Created first thing in a workflow, so that handlers answer before the input is looked at.
 */
export class Run<Status extends RunStatus = RunStatus> {
  /** By default the change id: a short hash of the run's first execution. */
  readonly id: string;
  readonly record: RunRecord<Status>;
  readonly parking: Parking;
  readonly standstill: Standstill;
  /** Replaced by a run that has something to roll back. */
  policy: StepPolicy;
  private identity: Identity | null = null;

  constructor(record: RunRecord<Status>, id: string = changeId(workflowInfo().firstExecutionRunId)) {
    this.id = id;
    this.record = record;
    this.standstill = new Standstill(record);
    this.parking = new Parking(record, () => this.known);
    this.policy = operatorsDecide(() => this.identity?.operators ?? []);
    this.answer(
      queryNames.status,
      'Where the run stands, what it waits for, and the commands that go on',
      () => record.shown,
    );
    this.answer<readonly TimelineEntry[]>(queryNames.timeline, 'What happened so far, in order', () => record.timeline);
  }

  /** Answers who the run is; refuses a message that comes before that is known. */
  get known(): Identity {
    if (!this.identity) throw refusal(`${workflowInfo().workflowId} is just starting and waits for nobody yet`);
    return this.identity;
  }

  get endpoint(): TemporalEndpoint {
    return this.known.endpoint;
  }

  /** Answers a query, which takes no arguments. */
  answer<Answer>(name: string, description: string, handler: () => Answer): void {
    setHandler(defineQuery<Answer>(name), handler, { description });
  }

  /** Registers a message of people: a signal and an update; its answer stands in the timeline. */
  on<T>(message: MessageDefinition<T>, handler: (payload: T) => string | Promise<string>): void {
    onMessage(this.record, message, async (payload) => this.recordAnswer(await handler(payload)));
  }

  /** Parses the input and shows who asked for what; every problem ends the run as `InvalidInput`. */
  parse<T>(schema: z.ZodType<T>, raw: unknown, shown: (input: T) => Partial<Status>): T {
    const input = parseStart(schema, raw);
    Object.assign(this.record.status, shown(input));
    return input;
  }

  /** Learns who may decide here and which search attributes may be published. */
  identify(identity: Identity): void {
    this.identity = identity;
    this.record.setKnownAttributes(identity.searchAttributes);
    if (identity.standstillMs !== undefined) this.standstill.lookAfter(identity.standstillMs);
  }

  /**
   * Runs the story and records how it ended. The failure's type is the outcome, so that the list of runs tells the
   * truth. All handlers finish first.
   */
  async conclude<Result extends { outcome: string }>(
    story: () => Promise<Result>,
    { cancelled, isSettled = () => true }: Conclusion,
  ): Promise<Result> {
    try {
      const result = await story();
      this.record.conclude('done', result.outcome);
      return result;
    } catch (error) {
      throw this.concludeFailed(error, cancelled);
    } finally {
      await CancellationScope.nonCancellable(() => condition(() => allHandlersFinished() && isSettled()));
    }
  }

  private concludeFailed(error: unknown, cancelled: () => string): unknown {
    if (isCancellation(error)) {
      this.record.conclude('cancelled', cancelled());
      return error;
    }
    // An outcome decided in an activity arrives in an envelope; the list shows the outermost type.
    const outcome = isOutcome(error) ? applicationFailure(error) : undefined;
    const failure = outcome ?? ending('Aborted', messageOf(error), error);
    this.record.conclude('failed', `${failure.type ?? ''}: ${failure.message}`);
    return failure;
  }

  private recordAnswer(answer: string): string {
    this.record.note(answer);
    this.record.describe();
    return answer;
  }
}
