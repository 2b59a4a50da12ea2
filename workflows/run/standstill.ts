import { CancellationScope, condition, patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { PendingWork } from '../../activities/pending-work.ts';
import { countOf } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { verifying } from './activities.ts';
import { slipwayCommand } from './commands.ts';
import { isExpected } from './failures.ts';
import { now } from './journal.ts';
import { platformWait } from './platform-wait.ts';
import type { RunRecord } from './record.ts';

/** With the look itself it stays below a minute: so long a status may say nothing while nothing moves. */
const defaultFirstLookMs = 40_000;
const maxPauseMs = 30 * 60_000;

/** A step that is under way. */
interface RunningStep {
  name: string;
  began: string;
  looks: number;
  nextLookAt: number;
  /** What the last look found that it waits for; null where it found nothing. */
  found: WaitingFor | null;
}

/**
 * Says what a run waits for where a step does not end (ADR 0045): the platform does not answer, or something there goes
 * on for long. A run cannot see that an activity is tried again, so after a while it asks the server about its own.
 */
export class Standstill {
  /** A run of an earlier version says nothing. Asked first thing in a run, where no local activity comes before it. */
  readonly isSaid = patched('standstill-is-said');
  private readonly record: RunRecord;
  private readonly running = new Set<RunningStep>();
  private firstLookMs = defaultFirstLookMs;
  private isWatching = false;

  constructor(record: RunRecord) {
    this.record = record;
  }

  /** Looks for the first time after another while than usual. */
  lookAfter(firstLookMs: number): void {
    this.firstLookMs = firstLookMs;
  }

  /** Tells whether a step stands still, as far as is known. */
  isOf(name: string): boolean {
    return [...this.running].some((step) => step.name === name && step.found !== null);
  }

  /** Runs the work of a step, and says what it waits for while it does not end. */
  async watch<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (!this.isSaid) return work();
    const step: RunningStep = { name, began: now(), looks: 0, nextLookAt: Date.now() + this.firstLookMs, found: null };
    this.running.add(step);
    if (!this.isWatching) void CancellationScope.nonCancellable(() => this.lookUntilAllEnded());
    try {
      return await work();
    } finally {
      this.running.delete(step);
      this.show(step, null);
    }
  }

  /** Looks at one step after the other. One timer serves many quick steps: each timer is an event in the history. */
  private async lookUntilAllEnded(): Promise<void> {
    this.isWatching = true;
    for (let step = this.next(); step; step = this.next()) {
      const { nextLookAt, looks } = step;
      const pause = Math.max(1, nextLookAt - Date.now());
      if (looks === 0) await sleep(pause, { summary: 'say what a step waits for' });
      else await condition(() => !this.running.has(step), pause, { summary: 'say what a step waits for' });
      if (this.running.has(step) && Date.now() >= nextLookAt) await this.look(step);
    }
    this.isWatching = false;
  }

  private next(): RunningStep | undefined {
    return [...this.running].sort((a, b) => a.nextLookAt - b.nextLookAt)[0];
  }

  private async look(step: RunningStep): Promise<void> {
    const { workflowId, runId } = workflowInfo();
    step.looks += 1;
    let pending: PendingWork[] | null = null;
    try {
      pending = await verifying('what this run waits for').pendingWork({ workflowId, runId });
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    step.nextLookAt = Date.now() + Math.min(this.firstLookMs * 2 ** step.looks, maxPauseMs);
    if (this.running.has(step) && pending) this.show(step, this.describe(step, pending));
  }

  /** Describes what a step waits for; null where nothing of it is under way, or where the step says its end itself. */
  private describe({ name, began }: RunningStep, pending: readonly PendingWork[]): WaitingFor | null {
    const failed = pending.find(({ failure }) => failure !== null);
    const [work = failed] = pending;
    const waiting = pending.find(({ waitsFor }) => typeof waitsFor === 'string');
    const commands = [slipwayCommand('status', {})];
    if (!failed && waiting) return platformWait(`the platform: ${name} waits for ${waiting.waitsFor}`, began, commands);
    const explained = this.record.status.steps.find((one) => one.name === name)?.detail;
    if (!work || (!failed && explained)) return null;
    const what = failed
      ? `the platform: ${name} is tried again until it succeeds; ` +
        `it failed ${countOf(failed.failures, 'time')} so far, last: ${failed.failure}`
      : `the end of ${name}${work.progress ? `: ${work.progress}` : ''}`;
    return platformWait(what, began, commands);
  }

  /** Shows it in the status, unless another wait is shown there: that one knows more. */
  private show(step: RunningStep, waitingFor: WaitingFor | null): void {
    const { record } = this;
    const { found: before, name } = step;
    const isShown = before !== null && record.status.waitingFor === before;
    step.found = waitingFor;
    if (waitingFor === null) {
      if (!isShown) return;
      record.note(`${name} is waited for no more`);
      record.wait(null);
    } else if (isShown || record.status.waitingFor === null) {
      if (before === null) record.note(`waits for ${waitingFor.what}`);
      record.wait(waitingFor);
    }
  }
}
