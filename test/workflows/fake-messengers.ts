import type { ChannelKind } from '../../contract/catalog/notifications.ts';
import type { Delivery, Messenger, Messengers } from '../../activities/ports/notifications.ts';

/** Keeps what people were told, in order. */
export class FakeMessengers {
  readonly told: { kind: ChannelKind; delivery: Omit<Delivery, 'secret' | 'signal'> }[] = [];
  /** Recipients that no mail reaches, each with the reason. */
  missed: string[] = [];
  /** Called before something is told; what it throws is the platform's failure. */
  before: (kind: ChannelKind, delivery: Delivery) => Promise<void> = async () => undefined;

  messengers(): Messengers {
    const messenger = (kind: ChannelKind): Messenger => ({
      tell: async (delivery) => {
        await this.before(kind, delivery);
        const { secret: _secret, signal: _signal, ...rest } = delivery;
        this.told.push({ kind, delivery: rest });
        const missed = kind === 'email' ? this.missed : [];
        return { thread: kind === 'slack' ? (delivery.thread ?? 'thread-1') : null, missed };
      },
    });
    return {
      slack: messenger('slack'),
      slackWebhook: messenger('slackWebhook'),
      webhook: messenger('webhook'),
      email: messenger('email'),
      pagerDuty: messenger('pagerDuty'),
    };
  }
}
