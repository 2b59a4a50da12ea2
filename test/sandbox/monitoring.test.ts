import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identify, signal } from '../../sandbox/process-identity.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { switchWay } from '../../sandbox/misbehaviour/switch.ts';
import { down, status, up } from '../../sandbox/up.ts';
import { monitoringIsMissing } from '../end-to-end/monitoring.ts';

const startsWithinMs = 180_000;
const waiting = { timeout: 60_000, interval: 500 };
const place = { service: 'openagents-runtime', environment: 'production' };
const fixtures = join(import.meta.dirname, '..', 'alerts', 'fixtures');

const impossible = await monitoringIsMissing();
if (impossible) process.stderr.write(`alerts of a sandbox are not tested: ${impossible}\n`);

/** A message of Alertmanager, as far as it is looked at here. */
interface Message {
  status: string;
  alerts: { status: string; labels: Record<string, string>; startsAt: string; endsAt: string; fingerprint: string }[];
}
interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}
interface Received {
  authorization: string | undefined;
  body: Message;
}

describe.skipIf(impossible !== undefined)('a sandbox with monitoring', () => {
  let dir: string;
  let description: SandboxDescription;
  let receiver: Server;
  const received: Received[] = [];

  const parts = (): { metrics: string; alerts: string; webhook: URL; tokenFile: string } => {
    const { prometheus: server, alertmanager: manager } = description;
    if (!server || !manager) throw new Error('the sandbox has no monitoring');
    return {
      ...{ metrics: server.url, alerts: manager.url, tokenFile: manager.tokenFile },
      webhook: new URL(manager.webhook),
    };
  };
  const query = async (text: string): Promise<Sample[]> => {
    const url = new URL('/api/v1/query', parts().metrics);
    url.searchParams.set('query', text);
    const answer = (await (await fetch(url)).json()) as { data: { result: Sample[] } };
    return answer.data.result;
  };
  const messagesOf = (alertname: string, is: string): Received[] =>
    received.filter(({ body }) => body.status === is && body.alerts[0]?.labels['alertname'] === alertname);
  const take = async (request: IncomingMessage): Promise<void> => {
    received.push({ authorization: request.headers.authorization, body: (await json(request)) as Message });
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-monitoring-'));
    ({ description } = await up({ dir, detach: true, services: ['openagents-web'], with: ['monitoring'] }));
  }, startsWithinMs);
  afterAll(async () => {
    receiver?.closeAllConnections();
    receiver?.close();
    await down({ dir });
    await rm(dir, { recursive: true, force: true });
  }, startsWithinMs);

  it('says where its Alertmanager is, where the alerts go, and with which token', async () => {
    expect((await status({ dir }))?.parts).toContainEqual(
      expect.objectContaining({ part: 'alertmanager', alive: true, answers: true }),
    );
    const { webhook, tokenFile } = parts();
    expect(webhook.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/alerts$/);
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(tokenFile, 'utf8')).toMatch(/^[\w-]{43}$/);
  });

  it('gives every series of the runtime its service, environment and revision', async () => {
    await expect.poll(() => query('openagents_runtime_lease_acquisitions_total > 20'), waiting).not.toEqual([]);
    const series = await query('{__name__=~"openagents_.*|http_.*"}');
    expect(series.length).toBeGreaterThan(40);
    for (const { metric } of series)
      expect(metric).toMatchObject({ ...place, revision: expect.stringMatching(/^openagents-runtime-00001-/) });
  });

  it('has ratios and no alert when all is well, and a scrape is no request of a user', async () => {
    const completed = 'sum(rate(openagents_runtime_stream_sessions_total{outcome="completed"}[10s]))';
    const ratio = async () =>
      Number(
        (await query(`${completed} / sum(rate(openagents_runtime_stream_sessions_total[10s]))`))[0]?.value[1] ?? NaN,
      );
    // Not a number while no session has ended within ten seconds.
    await expect.poll(ratio, waiting).toBeGreaterThan(0.9);
    expect(await query('ALERTS{alertstate="firing"}')).toEqual([]);
    const counted = 'sum(run_googleapis_com:request_count{service_name="openagents-runtime"})';
    await expect.poll(() => query('http_requests_total{route="/metrics"} > 15'), waiting).not.toEqual([]);
    const [more] = await query(`${counted} - sum(http_requests_total{route!="/metrics"})`);
    expect(Math.abs(Number(more?.value[1]))).toBeLessThan(8);
  });

  it('goes on while nobody listens to its alerts, and sends them again as soon as somebody does', async () => {
    await switchWay(dir, place, { way: 'tool-failures', isOn: true });
    const search = { alertname: 'OpenAgentsRuntimeToolFailureRatioHigh', tool: 'web_search', provider: 'search-api' };
    const labels = { ...place, ...search, severity: 'sev2', category: 'C' };
    await expect
      .poll(async () => (await fetch(new URL('/api/v2/alerts', parts().alerts))).json(), waiting)
      .toMatchObject([{ labels, status: { state: 'active' } }]);
    receiver = createServer((request, response) => {
      take(request).then(
        () => response.end(),
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve) => receiver.listen(Number(parts().webhook.port), '127.0.0.1', resolve));
    await expect.poll(() => messagesOf(search.alertname, 'firing').length, waiting).toBeGreaterThan(0);
    const [message] = messagesOf(search.alertname, 'firing');
    expect(message?.authorization).toBe(`Bearer ${await readFile(parts().tokenFile, 'utf8')}`);
    expect(message?.body).toMatchObject({
      ...{ version: '4', receiver: 'slipway', status: 'firing', truncatedAlerts: 0 },
      groupLabels: { ...place, alertname: search.alertname },
      alerts: [{ status: 'firing', labels }],
    });
  });

  it('fires a second alert beside the first, and resolves both when the service behaves again', async () => {
    const [tools, cursors] = ['OpenAgentsRuntimeToolFailureRatioHigh', 'OpenAgentsRuntimeSyncStaleCursorSpike'];
    const startedAt = Date.now();
    await switchWay(dir, place, { way: 'stale-cursors', isOn: true });
    await expect.poll(() => messagesOf(cursors, 'firing').length, waiting).toBeGreaterThan(0);
    expect(Date.now() - startedAt).toBeLessThan(40_000);
    expect(messagesOf(cursors, 'firing')[0]?.body.alerts).toMatchObject([
      { labels: { alertname: cursors, ...place, severity: 'sev3', category: 'G' } },
    ]);
    await switchWay(dir, place, { isOn: false });
    for (const alertname of [tools, cursors]) {
      await expect.poll(() => messagesOf(alertname, 'resolved').length, waiting).toBeGreaterThan(0);
      const [before] = messagesOf(alertname, 'firing')[0]?.body.alerts ?? [];
      const [after] = messagesOf(alertname, 'resolved')[0]?.body.alerts ?? [];
      expect(after).toMatchObject({ fingerprint: before?.fingerprint, startsAt: before?.startsAt });
      expect(Date.parse(after?.endsAt ?? '')).toBeGreaterThan(Date.parse(after?.startsAt ?? ''));
    }
  }, 180_000);

  it.each(['firing', 'resolved'])('sends bodies of the shape that the fixtures have: %s', async (is) => {
    const fixture = JSON.parse(await readFile(join(fixtures, `${is}.json`), 'utf8'));
    const [message] = messagesOf('OpenAgentsRuntimeToolFailureRatioHigh', is);
    const shape = (body: Record<string, any>): unknown => [
      Object.keys(body).sort(),
      Object.keys(body['alerts'][0]).sort(),
      body['alerts'][0].labels,
      body['groupKey'],
    ];
    expect(shape(message?.body as never)).toEqual(shape(fixture));
  });

  it('has its killed Alertmanager again at the same address', async () => {
    const before = description.alertmanager?.pid ?? 0;
    const killed = await identify(before);
    if (killed) signal(killed.pid, 'SIGKILL');
    await expect.poll(async () => (await readSandbox(dir))?.alertmanager?.pid, waiting).not.toBe(before);
    expect((await readSandbox(dir))?.alertmanager).toMatchObject({
      url: parts().alerts,
      webhook: parts().webhook.href,
    });
  });
});
