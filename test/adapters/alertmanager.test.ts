import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertmanager } from '../../activities/alertmanager/index.ts';
import { ScriptedService } from '../activities/gate-world.ts';

let server: ScriptedService;
beforeEach(async () => {
  server = await new ScriptedService().open();
});
afterEach(() => server.close());

const query = { services: ['openagents-runtime', 'runtime.v2'], environment: 'production' };
/** An alert as Alertmanager 0.34 answers it. */
const alert = {
  annotations: { summary: 'Only 50 % of the\nstream sessions complete' },
  endsAt: '2026-03-01T10:10:00.000Z',
  fingerprint: '0a1b2c3d4e5f6071',
  receivers: [{ name: 'slipway' }],
  startsAt: '2026-03-01T10:01:00.123Z',
  status: { inhibitedBy: [], mutedBy: [], silencedBy: ['s1'], state: 'suppressed' },
  updatedAt: '2026-03-01T10:05:00.000Z',
  generatorURL: 'http://prometheus/graph',
  labels: { alertname: 'OpenAgentsRuntimeStreamCompletionRatioLow', service: 'openagents-runtime', severity: 'sev2' },
};

describe('the adapter of Alertmanager', () => {
  const find = () => createAlertmanager(server.url).find(query);

  it('asks its API v2 for alerts of these services and of the environment, silenced ones too', async () => {
    server.reply = () => ({ status: 200, json: [alert] });
    expect(await find()).toEqual([
      {
        fingerprint: '0a1b2c3d4e5f6071',
        startsAt: '2026-03-01T10:01:00.123Z',
        name: 'OpenAgentsRuntimeStreamCompletionRatioLow',
        severity: 'sev2',
        summary: 'Only 50 % of the stream sessions complete',
        suppressed: true,
      },
    ]);
    const asked = new URL(server.received[0]?.path ?? '', server.url);
    expect(asked.pathname).toBe('/api/v2/alerts');
    expect([...asked.searchParams]).toEqual([
      ['active', 'true'],
      ['silenced', 'true'],
      ['inhibited', 'true'],
      ['filter', 'service=~"openagents-runtime|runtime\\\\.v2"'],
      ['filter', 'environment=~"production|"'],
    ]);
  });

  it('asks for all alerts without a query', async () => {
    server.reply = () => ({ status: 200, json: [] });
    expect(await createAlertmanager(`${server.url}/`).find(null)).toEqual([]);
    expect(server.received[0]?.path).toBe('/api/v2/alerts?active=true&silenced=true&inhibited=true');
  });

  it('asks since when it runs', async () => {
    server.reply = () => ({ status: 200, json: { uptime: '2026-03-01T09:00:00.000Z', cluster: {} } });
    expect(await createAlertmanager(server.url).startedAt()).toBe('2026-03-01T09:00:00.000Z');
    expect(server.received[0]?.path).toBe('/api/v2/status');
  });

  it('names the page that shows them', () => {
    expect(createAlertmanager('http://am:9093').pageOf({ services: ['web'], environment: 'staging' })).toBe(
      'http://am:9093/#/alerts?silenced=true&inhibited=true&filter=' +
        encodeURIComponent('{service=~"web",environment=~"staging|"}').replaceAll('~', '%7E'),
    );
    expect(createAlertmanager(undefined).pageOf(query)).toBeNull();
  });

  it('asks once more when nothing answered', async () => {
    server.reply = () => (server.received.length < 2 ? 'lost' : { status: 200, json: [] });
    expect(await find()).toEqual([]);
  });

  it.each([
    ['that refuses', { status: 400, json: 'bad matcher' }, /answered 400: "bad matcher"/, 1],
    ['that fails', { status: 503, text: 'starting' }, /answered 503: starting/, 2],
    ['that is none', { status: 200, text: '<html>' }, /nothing of its API v2: is it its address/, 1],
    ['that does not answer', 'lost' as const, /does not answer/, 2],
  ])('ends for good with one %s', async (_what, reply, message, requests) => {
    server.reply = () => reply;
    await expect(find()).rejects.toMatchObject({
      type: 'Unknown',
      nonRetryable: true,
      message: expect.stringMatching(message),
    });
    expect(server.received).toHaveLength(requests);
  });

  it('says what to do where none is configured', async () => {
    await expect(createAlertmanager(undefined).find(query)).rejects.toMatchObject({
      type: 'Missing',
      nonRetryable: true,
      message: expect.stringContaining('SLIPWAY_ALERTMANAGER'),
    });
  });
});
