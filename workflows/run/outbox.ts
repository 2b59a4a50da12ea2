import { CancellationScope, condition } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ChannelEntry, ChannelKind } from '../../contract/catalog/notifications.ts';
import { isFollowedBy, isToldTo, type Notification } from '../../contract/notification.ts';
import { notifying } from './activities.ts';
import { messageOf } from './failures.ts';

const titles: Record<ChannelKind, string> = {
  slack: 'Slack',
  slackWebhook: 'Slack',
  webhook: 'webhook',
  email: 'e-mail',
  pagerDuty: 'PagerDuty',
};
/** Waiting notifications of one channel; the oldest of more are given up. */
const maxWaiting = 50;
/** The longest that the end of a run waits for what is not told yet. */
const lastWait = '1 minute';

type Note = (line: string) => void;

/**
 * Tells people in the background: each channel in order, the channels side by side, so that one that is down keeps
 * neither the others nor the run waiting (invariant I10). What was told is noted, and so is what was not.
 */
export class Outbox {
  private readonly lanes: readonly Lane[];
  private state: 'open' | 'closing' | 'settled' = 'open';

  /** `mayBeTold` says that a run before this one has told of the same subject. */
  constructor({ settings }: Pick<CatalogEntry, 'settings'>, note: Note, { mayBeTold = false } = {}) {
    this.lanes = Object.entries(settings.notifications ?? {}).map(
      ([name, channel]) => new Lane(`${name} (${titles[channel.kind]})`, channel, settings.target, note, mayBeTold),
    );
  }

  /** Says whether nothing is left that a run at its end would wait for. */
  get isSettled(): boolean {
    return this.state === 'settled' || this.isEmpty;
  }

  put(notification: Notification): void {
    if (this.state === 'open') for (const lane of this.lanes) lane.put(notification);
  }

  /** Takes nothing more, and gives up after a last wait what is not told by then. */
  close(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    if (!this.isEmpty) void CancellationScope.nonCancellable(() => this.giveUpLater());
  }

  private get isEmpty(): boolean {
    return this.lanes.every(({ isEmpty }) => isEmpty);
  }

  private async giveUpLater(): Promise<void> {
    await condition(() => this.isEmpty, lastWait, { summary: 'the last words to people' });
    for (const lane of this.lanes) lane.giveUp();
    this.state = 'settled';
  }
}

/** Tells one channel, one notification after the other. */
class Lane {
  private readonly place: string;
  private readonly channel: ChannelEntry;
  private readonly target: CatalogEntry['settings']['target'];
  private readonly note: Note;
  /** The first is being told. */
  private readonly waiting: Notification[] = [];
  private thread: string | null = null;
  private isFollowing = false;
  private hasHeard = false;
  private mayBeTold: boolean;

  constructor(
    place: string,
    channel: ChannelEntry,
    target: CatalogEntry['settings']['target'],
    note: Note,
    mayBeTold: boolean,
  ) {
    this.place = place;
    this.channel = channel;
    this.target = target;
    this.note = note;
    this.mayBeTold = mayBeTold;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  put(notification: Notification): void {
    this.isFollowing ||= isFollowedBy(this.channel, notification);
    if (!this.isFollowing || !isToldTo(this.channel, notification, this.hasHeard)) return;
    this.hasHeard = true;
    this.waiting.push(notification);
    if (this.waiting.length > maxWaiting) this.drop(1);
    // A cancelled run still has to tell its end.
    if (this.waiting.length === 1) void CancellationScope.nonCancellable(() => this.tellAll());
  }

  giveUp(): void {
    for (const { what } of this.waiting) this.note(`${this.place} was not told by the end: ${what}`);
  }

  private async tellAll(): Promise<void> {
    for (let [next] = this.waiting; next; [next] = this.waiting) {
      await this.tell(next);
      this.waiting.shift();
    }
  }

  private async tell(notification: Notification): Promise<void> {
    const { channel, mayBeTold, place, target, thread } = this;
    const { event, what } = notification;
    try {
      const told = await notifying(`tell ${place}: ${event}`).notify({
        target,
        channel,
        notification,
        thread,
        mayBeTold,
      });
      this.thread = told.thread;
      const missed = told.missed ? `; but not ${told.missed.join('; ')}` : '';
      this.note(`told ${place}: ${what}${missed}`);
    } catch (error) {
      // Whatever it is, it must not end a run (invariant I10).
      this.mayBeTold = true;
      this.note(`${place} could not be told: ${messageOf(error)}; it was: ${what}`);
    }
  }

  /** Gives up the notification behind the one that is being told. */
  private drop(index: number): void {
    for (const { what } of this.waiting.splice(index, 1))
      this.note(`${this.place} was not told, since too much waits: ${what}`);
  }
}
