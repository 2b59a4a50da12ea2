import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Notification } from '../../contract/notification.ts';
import { ScriptedService } from './gate-world.ts';
import { notify, refusals } from './notifications.ts';

let service: ScriptedService;
beforeEach(async () => {
  service = await new ScriptedService().open();
  service.reply = () => ({ status: 202, json: { status: 'success' } });
});
afterEach(() => service.close());

const channel = { kind: 'pagerDuty', routingKey: { secret: 'routing-key' } };
const tell = (notification: object = {}) =>
  notify(service.url, { channel, notification, secrets: { 'routing-key': 'a-routing-key' } });
const sent = () => service.received.map(({ body }) => JSON.parse(body) as Record<string, never>);

describe('PagerDuty', () => {
  it('is triggered, acknowledged and resolved by one key', async () => {
    await tell();
    await tell({ event: 'incidentAcknowledged', subject: { standing: 'acknowledged' } });
    await tell({ event: 'resolved', subject: { standing: 'over' } });
    expect(service.received[0]?.path).toBe('/v2/enqueue');
    expect(sent()).toMatchObject([
      {
        event_action: 'trigger',
        dedup_key: 'slipway-c1',
        routing_key: 'a-routing-key',
        payload: {
          summary: 'SEV-1 service in staging: no run starts',
          severity: 'critical',
          source: 'service/staging',
        },
      },
      { event_action: 'acknowledge', dedup_key: 'slipway-c1' },
      { event_action: 'resolve', dedup_key: 'slipway-c1' },
    ]);
  });

  it('gets the start and the end of a change as change events, which page nobody', async () => {
    const subject = { kind: 'run', does: 'deploy', standing: 'underWay' };
    await tell({ event: 'changeStarted', what: 'it begins to change what serves', key: 'c1-1-changeStarted', subject });
    expect(service.received[0]?.path).toBe('/v2/change/enqueue');
    expect(sent()).toEqual([
      {
        routing_key: 'a-routing-key',
        links: [
          { href: expect.stringMatching(/^https:\/\/temporal\.example\.com\/.*\/user-metadata$/), text: 'in Temporal' },
        ],
        payload: {
          summary: 'deploy of service in staging: it begins to change what serves',
          source: 'service/staging',
          timestamp: expect.any(String),
          custom_details: expect.objectContaining({ key: 'c1-1-changeStarted' }),
        },
      },
    ]);
  });

  it('is told what speaks against an alert', async () => {
    await tell({ caution: 'Alertmanager could not be asked', subject: { severity: 'SEV-2' } });
    expect(sent()[0]).toMatchObject({
      payload: {
        summary: 'SEV-2 service in staging: no run starts (Alertmanager could not be asked)',
        severity: 'error',
      },
    });
  });

  it('is kept within its limits, whatever an alert says', async () => {
    const long = '☃'.repeat(100_000);
    const facts = Array.from({ length: 200 }, (_, index) => ({ name: `fact ${index}`, text: long }));
    const subject = { id: 'c'.repeat(300), title: long } as Notification['subject'];
    await tell({ what: long, caution: long, command: long, facts, subject });
    const [{ payload, dedup_key: key } = {}] = sent() as unknown as {
      payload: { summary: string };
      dedup_key: string;
    }[];
    expect(payload?.summary.length).toBe(1024);
    expect(key?.length).toBe(255);
    expect(Buffer.byteLength(service.received[0]?.body ?? '')).toBeLessThan(512 * 1024);
  });

  it.each(refusals)('classifies a platform that %s', async (_what, reply, failure) => {
    service.reply = () => reply;
    await expect(tell()).rejects.toMatchObject(failure);
  });

  it.each([429, 500])('is left alone for minutes after %i, as it asks for', async (status) => {
    service.reply = () => ({ status });
    await expect(tell()).rejects.toMatchObject({ nextRetryDelay: 120_000 });
  });

  it('has no routing key in a failure', async () => {
    service.reply = ({ body }) => ({ status: 400, text: `invalid event: ${body}` });
    const error = await tell().catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('[secret]');
    expect(String(error)).not.toContain('a-routing-key');
  });
});
