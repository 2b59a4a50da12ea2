import type { ChannelEntry, ChannelKind, ChannelOf, SecretReference } from '../../contract/catalog/notifications.ts';
import type { Notification } from '../../contract/notification.ts';

/** Asks a channel to tell one notification. */
export interface Delivery<Channel extends ChannelEntry = ChannelEntry> {
  channel: Channel;
  notification: Notification;
  /** The page that shows all of it; null where no Temporal UI is known. */
  link: string | null;
  /** What the channel answered for the last one about the same subject; null if there was none. */
  thread: string | null;
  /** True if an earlier attempt may have told it, or something of the same subject, without an answer. */
  isRepeat: boolean;
  /** Reads a secret. Nobody may keep it longer than the call that needs it. */
  secret(reference: SecretReference): Promise<string>;
  signal: AbortSignal;
}

/** Holds what became of a notification that a channel has taken. */
export interface Told {
  /** What the channel needs to go on with the same subject; null if it needs nothing. */
  thread: string | null;
  /** Those whom it did not reach, each with the reason; a repeat would tell the others twice. */
  missed?: string[];
}

export interface Messenger<Channel extends ChannelEntry = ChannelEntry> {
  /**
   * Tells it once, as far as the platform can show what it has. Failures say whether a repeat may help.
   */
  tell(delivery: Delivery<Channel>): Promise<Told>;
}

/** One messenger a kind of channel. */
export type Messengers = { [Kind in ChannelKind]: Messenger<ChannelOf<Kind>> };

/** Reads the worker's own variables that hold secrets; null if one is not set. */
export interface WorkerSecrets {
  read(variable: string): string | null;
}
