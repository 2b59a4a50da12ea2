import type { ChannelEntry, ChannelKind } from './catalog/notifications.ts';
import type { Finding } from './verdict.ts';

/** Says whether a channel has taken a test message. */
export interface ChannelTrial extends Finding {
  /** The name of the channel. */
  name: string;
  kind: ChannelKind;
  /** What to do about it; null if there is nothing to do. */
  next: string | null;
}

/** Says what to do about a channel that has not taken a message, by the type of the failure. */
export function nextOn(name: string, channel: ChannelEntry, failure: string): string {
  const secrets = secretsOf(channel);
  switch (failure) {
    case 'Denied':
      return secrets.length === 0
        ? 'see whether the worker may use it'
        : `see whether ${secrets.join(' and ')} is still valid`;
    case 'Missing':
      return `see whether all that channel ${name} names in the catalog is there`;
    case 'Unavailable':
      return 'see whether the worker can reach it, and send the test again; it may have arrived all the same';
    default:
      return `correct channel ${name} in the catalog`;
  }
}

/** Names the secrets that a channel refers to; never a value. */
function secretsOf(channel: ChannelEntry): string[] {
  const fields = { ...channel, ...('login' in channel ? channel.login : {}) };
  return Object.values(fields).flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null) return [];
    const reference = value as Partial<Record<'secret' | 'variable', string>>;
    if (reference.secret !== undefined) return [`secret ${reference.secret}`];
    return reference.variable === undefined ? [] : [`variable ${reference.variable}`];
  });
}
