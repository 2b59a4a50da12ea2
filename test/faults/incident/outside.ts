import { FakeSlack } from '../../activities/fake-slack.ts';
import { ScriptedService, type ReceivedRequest, type Reply } from '../../activities/gate-world.ts';

/** The services that an incident asks and tells. */
export type ServiceName = 'alertmanager' | 'prometheus' | 'kubernetes' | 'slack' | 'webhook' | 'pagerDuty';

/**
 * Holds an incident at one call. `hang`: the call never takes effect. `delay`: it takes effect after the worker's
 * death. `lost`: it took effect, and its answer never comes.
 */
export interface Arrest {
  /** Such as `slack chat.postMessage`. */
  call: string;
  /** Part of what is sent: other calls are spared. */
  about?: string;
  /** Which of these calls, counted from when the arrest was set; the first if nothing is said. */
  nth?: number;
  kind: 'hang' | 'delay' | 'lost';
}

interface SetArrest extends Arrest {
  seen: number;
  meet: () => void;
}

/** An alert as Alertmanager shows it. */
export interface FiringAlert {
  fingerprint: string;
  startsAt: string;
  labels: Record<string, string>;
}

/** What a receiver of notifications has got. */
export interface Told {
  key: string;
  event: string;
  at: string;
}

/** The world around one incident, on real HTTP servers that remember what reached them. */
export class Outside {
  readonly slack = new FakeSlack();
  /** Services that take a call in and never answer. */
  readonly silent = new Set<ServiceName>();
  /** Notifications that reached the webhook, repeats too. */
  readonly posted: Told[] = [];
  /** Events that reached PagerDuty, repeats too. */
  readonly paged: { action: string; key: string }[] = [];
  private readonly services = {
    alertmanager: new ScriptedService(),
    prometheus: new ScriptedService(),
    kubernetes: new ScriptedService(),
    slack: this.slack.service,
    webhook: new ScriptedService(),
    pagerDuty: new ScriptedService(),
  } satisfies Record<ServiceName, ScriptedService>;
  private firing: readonly FiringAlert[] = [];
  private readonly arrests: SetArrest[] = [];
  private readonly late: (() => void)[] = [];

  async open(): Promise<this> {
    const { alertmanager, prometheus, webhook, pagerDuty } = this.services;
    alertmanager.reply = () => this.alerts();
    prometheus.reply = ({ path }) => answerOfPrometheus(path);
    webhook.reply = (request) => this.post(request);
    pagerDuty.reply = (request) => this.page(request);
    // It has a server of its own, whose script opening it would replace.
    await this.slack.open();
    for (const name of Object.keys(this.services) as ServiceName[]) {
      const service = this.services[name];
      const { reply } = service;
      service.reply = (request) =>
        this.silent.has(name)
          ? 'hang'
          : this.meet(`${name} ${methodOf(name, request.path)}`.trim(), request.body, () => reply(request));
      if (name !== 'slack') await service.open();
    }
    return this;
  }

  close(): void {
    for (const service of Object.values(this.services)) service.close();
  }

  urlOf(name: ServiceName): string {
    return this.services[name].url;
  }

  /** Says which alerts fire at Alertmanager from now on. */
  fire(...alerts: FiringAlert[]): void {
    this.firing = alerts;
  }

  /** Sets an arrest. The answer is fulfilled when it has met its call. */
  arrest(arrest: Arrest): Promise<void> {
    return new Promise((meet) => {
      this.arrests.push({ ...arrest, seen: 0, meet });
    });
  }

  /** Lets what a dead worker has left on its way arrive, and arrests nobody any more. */
  release(): void {
    this.arrests.splice(0);
    for (const apply of this.late.splice(0)) apply();
  }

  private meet(call: string, body: string, reply: () => Reply): Reply {
    const meant = this.arrests.filter((one) => one.call === call && body.includes(one.about ?? ''));
    const arrest = meant.find((one) => (one.seen += 1) === (one.nth ?? 1));
    if (!arrest) return reply();
    if (arrest.kind === 'delay') this.late.push(reply);
    if (arrest.kind === 'lost') reply();
    arrest.meet();
    return 'hang';
  }

  private alerts(): Reply {
    return { status: 200, json: this.firing.map((alert) => ({ ...alert, status: { state: 'active' } })) };
  }

  private post({ body }: ReceivedRequest): Reply {
    const { key, event } = JSON.parse(body) as Told;
    this.posted.push({ key, event, at: new Date().toISOString() });
    return { status: 204, text: '' };
  }

  private page({ body }: ReceivedRequest): Reply {
    const { event_action: action, dedup_key: key } = JSON.parse(body) as { event_action: string; dedup_key: string };
    this.paged.push({ action, key });
    return { status: 202, json: { status: 'success' } };
  }
}

function methodOf(service: string, path: string): string {
  const [name = ''] = path.split('?');
  return service === 'slack' || service === 'prometheus' ? (name.split('/').at(-1) ?? '') : '';
}

function answerOfPrometheus(path: string): Reply {
  const seconds = Date.now() / 1000;
  const data = path.includes('query_range')
    ? { resultType: 'matrix', result: [{ metric: {}, values: [[seconds, '0.5']] }] }
    : { resultType: 'vector', result: [{ metric: { outcome: 'failed' }, value: [seconds, '3'] }] };
  return { status: 200, json: { status: 'success', data } };
}
