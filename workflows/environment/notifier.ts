import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type { Notification } from '../../contract/notification.ts';
import { askedRoles, type AskedRole } from '../../contract/people.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { messageOf } from '../run/failures.ts';
import { Outbox } from '../run/outbox.ts';
import type { EnvironmentCatalog } from './catalog.ts';
import { mattersOf, waitMatter, type Matter } from './matters.ts';
import { notificationOf, type News } from './notification.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

/** The channels of one matter, which has a thread of its own in each; null where they could not be read. */
interface Line {
  outbox: Outbox | null;
  asked: AskedRole[];
}

/**
 * Tells people of freezes, drift and waits of an environment: of each when it begins and when it is over. What they
 * have been told goes on with the state, so that nobody hears it again. What was on when a fresh environment began is
 * no news. Nothing waits for it.
 */
export class EnvironmentNotifier {
  private readonly record: EnvironmentRecord;
  private readonly catalog: EnvironmentCatalog;
  /** By the matter's id, until it is over. */
  private readonly lines = new Map<string, Promise<Line>>();
  /** Notifications that are not told yet. */
  private busy = 0;
  /** Matters that began in this run; what a run before has told may be found by a channel. */
  private readonly begun = new Set<string>();
  private wait: Matter | null = null;

  constructor(record: EnvironmentRecord, catalog: EnvironmentCatalog) {
    this.record = record;
    this.catalog = catalog;
    record.onPublish = (state, at) => this.hear(state, at);
    record.onWait = (waitingFor, answer) => this.hearWait(waitingFor, answer);
  }

  /** Says whether everything is told, or given up. */
  get isIdle(): boolean {
    return this.busy === 0;
  }

  /** Compares what is with what people were told. `at` is a moment that has come, also where the clock is behind. */
  private hear(state: EnvironmentState, at: string): void {
    const { told } = state;
    const matters = mattersOf(state, at);
    state.told = matters;
    if (told === null) return;
    for (const matter of told.filter(isMissingIn(matters)))
      this.tell({ matter, event: matter.kind === 'freeze' ? 'freezeEnded' : 'driftGone', state, at });
    for (const matter of matters.filter(isMissingIn(told))) {
      this.begun.add(matter.id);
      this.tell({ matter, event: matter.kind === 'freeze' ? 'freezeStarted' : 'driftFound', state, at });
    }
  }

  /** Hears that it waits for an operator, and for what; null when it does not any more, with the answer. */
  private hearWait(waitingFor: WaitingFor | null, answer: string): void {
    const { wait } = this;
    this.wait = waitingFor && waitMatter(waitingFor.what, waitingFor.since);
    if (this.wait && waitingFor) {
      this.begun.add(this.wait.id);
      this.tell({ matter: this.wait, event: 'decisionNeeded', waitingFor });
    } else if (wait) this.tell({ matter: wait, event: 'decisionTaken', answer });
  }

  private tell(news: News): void {
    // What can be news stands behind an ordinary activity or a timer: see `makeWhole` of the record.
    if (!patched('notifications-of-environments')) return;
    const notification = notificationOf(news, this.record.place);
    this.busy += 1;
    void CancellationScope.nonCancellable(() => this.put(news.matter, notification)).finally(() => (this.busy -= 1));
  }

  private async put(matter: Matter, notification: Notification): Promise<void> {
    const line = this.lines.get(matter.id) ?? this.openLine(matter);
    this.lines.set(matter.id, line);
    const { outbox, asked } = await line;
    outbox?.put({ ...notification, asked });
    await condition(() => outbox?.isSettled ?? true);
    if (notification.subject.standing === 'over') this.lines.delete(matter.id);
  }

  /** Reads the channels that the catalog has now: an environment lives for longer than they do. */
  private async openLine({ id }: Matter): Promise<Line> {
    try {
      const entry = await this.catalog.entryOfNow();
      const outbox = new Outbox(entry, (what) => this.record.note(what), { mayBeTold: !this.begun.has(id) });
      return { outbox, asked: askedRoles(entry.owners, entry.settings.operators) };
    } catch (error) {
      this.record.note(`people could not be told: ${messageOf(error)}`);
      return { outbox: null, asked: [] };
    }
  }
}

function isMissingIn(list: readonly Matter[]): (matter: Matter) => boolean {
  return ({ id }) => !list.some((one) => one.id === id);
}
