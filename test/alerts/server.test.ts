import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { maxEpisodes } from '../../contract/incident/episode.ts';
import { freePort } from '../sandbox/postgres.ts';
import { eventually } from '../until.ts';
import { createFolder, startReceiver, token, type Folder, type ReceiverProcess } from './receiver-process.ts';
import { startTemporal, type Temporal } from './temporal.ts';
import { alertOf, bodyOf, resolved, startsAt, type Alert } from './webhook.ts';

const incidentOf = (cause: string, environment = 'production') => `incident/shop/${environment}/${cause}`;

describe('./slipway alerts', () => {
  let temporal: Temporal;
  let folder: Folder;
  let receiver: ReceiverProcess;
  beforeAll(async () => {
    [temporal, folder] = await Promise.all([startTemporal(), createFolder()]);
    receiver = await startReceiver(folder, temporal.address);
  });
  afterAll(async () => {
    await receiver.kill('SIGTERM');
    await Promise.all([temporal.close(), folder.remove()]);
  });

  const send = async (...alerts: unknown[]) => receiver.post(bodyOf(alerts));

  it('opens an incident with what the alert tells, and stores the alert, before it answers', async () => {
    const alert = alertOf('OpenAgentsRuntimeStreamCompletionRatioLow', { severity: 'SEV-1' });
    expect(await send(alert)).toMatchObject({ status: 200 });
    const id = incidentOf('stream-completion');
    expect(await temporal.incident(id)).toMatchObject({
      status: 'RUNNING',
      input: {
        service: 'shop',
        environment: 'production',
        title: 'OpenAgentsRuntimeStreamCompletionRatioLow in production',
        openedBy: 'alertmanager',
        severity: 'SEV-1',
        category: 'streamCompletion',
        alerts: [{ fingerprint: alert.fingerprint }],
      },
      messages: [[{ fingerprint: alert.fingerprint, startsAt: alert.startsAt, status: 'firing', endsAt: null }]],
    });
    expect(receiver.printed()).toContain(`${id}: 1 firing\n`);
  });

  it('lets later alerts of the cause join, repeats too, and opens one incident only', async () => {
    const pods = ['a', 'b', 'c'].map((pod) => alertOf('PodsRestart', { pod }));
    for (const pod of pods) expect((await send(pod)).status).toBe(200);
    const first = await temporal.incident(incidentOf('pods-restart'));
    expect((await send(...pods)).status).toBe(200);
    expect((await send(resolved(pods[0]!), pods[1])).status).toBe(200);
    const incident = await temporal.incident(incidentOf('pods-restart'));
    expect(incident).toMatchObject({ runId: first?.runId, status: 'RUNNING' });
    expect(incident?.messages.map((episodes) => episodes.map(({ status }) => status))).toEqual([
      ['firing'],
      ['firing'],
      ['firing'],
      ['firing', 'firing', 'firing'],
      ['resolved', 'firing'],
    ]);
  });

  it('opens one incident when every peer of a cluster sends at once', async () => {
    const body = bodyOf([alertOf('PeersSplit', { pod: 'a' }), alertOf('PeersSplit', { pod: 'b' })]);
    const answers = await Promise.all(Array.from({ length: 12 }, async () => receiver.post(body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const incident = await temporal.incident(incidentOf('peers-split'));
    expect(incident?.input.alerts).toHaveLength(2);
    // While the first message was under way, the others waited and went together.
    expect(incident?.messages.length).toBeLessThan(12);
  });

  it('opens nothing for alerts that have ended, nor for a late "firing", but for the next episode', async () => {
    const alert = alertOf('LateWord');
    const id = incidentOf('late-word');
    expect((await send(resolved(alert))).status).toBe(200);
    expect((await send(alert)).status).toBe(200);
    expect(await temporal.incident(id)).toBe(undefined);
    expect(receiver.printed()).toContain(`${id}: 1 resolved, no incident runs\n`);

    expect((await send({ ...alert, startsAt: '2026-03-01T20:00:00Z' })).status).toBe(200);
    const first = await temporal.incident(id);
    expect(first).toMatchObject({ status: 'RUNNING' });
    await temporal.environment.client.workflow.getHandle(id).terminate();
    expect((await send(resolved({ ...alert, startsAt: '2026-03-01T20:00:00Z' }))).status).toBe(200);
    expect(await temporal.incident(id)).toMatchObject({ runId: first?.runId, status: 'TERMINATED' });
    expect((await send({ ...alert, startsAt: '2026-03-01T22:00:00Z' })).status).toBe(200);
    expect((await temporal.incident(id))?.runId).not.toBe(first?.runId);
  });

  it('takes an alert of an environment that cannot be used on this machine: the worker may', async () => {
    expect((await send(alertOf('FarAway', { environment: 'elsewhere' }))).status).toBe(200);
    expect(await temporal.incident(incidentOf('far-away', 'elsewhere'))).toMatchObject({ status: 'RUNNING' });
  });

  it('delivers the rest of a body whose alerts nobody knows, and keeps those visible', async () => {
    const unknown = [alertOf('Lost', { service: 'nowhere' }), alertOf('Lost', { environment: '' })];
    const answer = await send(...unknown, alertOf('Found'), 'no alert');
    expect(answer).toMatchObject({
      status: 200,
      body: { incidents: [{ id: incidentOf('found') }], undeliverableCount: 3 },
    });
    expect(await temporal.incident(incidentOf('found'))).toMatchObject({ status: 'RUNNING' });
    expect((await receiver.health()).undeliverable).toMatchObject({
      count: 3,
      kinds: [
        { why: expect.stringContaining('expected object') },
        { alert: 'Lost', why: 'it has no label environment' },
        { alert: 'Lost', why: 'the catalog does not know service nowhere, environment production', count: 1 },
      ],
    });
    expect(receiver.printed()).toContain('not delivered: Lost: the catalog does not know service nowhere');
  });

  it('splits a long list into messages that an incident takes', async () => {
    const alerts = Array.from({ length: 2 * maxEpisodes + 7 }, (_, index) => alertOf('Many', { pod: `pod-${index}` }));
    expect((await send(...alerts)).status).toBe(200);
    const incident = await temporal.incident(incidentOf('many'));
    expect(incident?.messages.map((episodes) => episodes.length)).toEqual([maxEpisodes, maxEpisodes, 7]);
  });

  it.each([
    ['no token', 401, { authorization: '' }, bodyOf([])],
    ['a wrong token', 401, { authorization: 'Bearer nothing' }, bodyOf([])],
    ['a wrong password', 401, { authorization: `Basic ${btoa('alertmanager:nothing')}` }, bodyOf([])],
    ['another content type', 415, { 'content-type': 'text/plain' }, bodyOf([])],
    ['no JSON', 400, {}, '{"version":'],
    ['no body of a webhook', 400, {}, '{"receiver":"slipway"}'],
    ['a body of 6 MB', 413, {}, JSON.stringify(bodyOf([alertOf('Large')], { padding: 'x'.repeat(6 << 20) }))],
  ])('refuses %s with %i', async (_what, status, headers, body) => {
    expect(await receiver.post(body, headers)).toMatchObject({ status, body: { error: expect.any(String) } });
    expect(await temporal.incident(incidentOf('large'))).toBe(undefined);
  });

  it('takes a body of 4 MB, and the token as a password', async () => {
    const alert = alertOf('Heavy', {}, { annotations: { summary: 'x'.repeat(4 << 20) } });
    const authorization = `Basic ${btoa(`alertmanager:${token}`)}`;
    expect((await receiver.post(bodyOf([alert]), { authorization })).status).toBe(200);
    expect((await temporal.incident(incidentOf('heavy')))?.input.title).toMatch(/^x{199}…$/);
  });

  it('has no other pages', async () => {
    const statusOf = async (method: string, page: string) =>
      (await fetch(new URL(page, receiver.url), { method, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await statusOf('POST', '/')).toBe(404);
    expect(await statusOf('GET', '/v1/alerts')).toBe(405);
    expect(await statusOf('POST', '/healthz')).toBe(405);
    expect(await statusOf('GET', '/healthz?probe=1')).toBe(200);
  });

  it('stores nothing of a body that breaks off, and goes on', async () => {
    const before = (await receiver.health()).brokenOff;
    const text = JSON.stringify(bodyOf([alertOf('BrokenOff')]));
    const { hostname, port } = new URL(receiver.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/alerts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
        `content-length: ${text.length}\r\n\r\n${text.slice(0, -1)}`,
    );
    await once(socket, 'connect');
    // The last byte is missing: what came is nearly a body.
    setTimeout(() => socket.destroy(), 50);
    await eventually('broken off', async () => (await receiver.health()).brokenOff > before);
    expect(await temporal.incident(incidentOf('broken-off'))).toBe(undefined);
    expect((await send(alertOf('AfterBreak'))).status).toBe(200);
  });

  it('takes a body that comes in pieces without a length', async () => {
    const { hostname, port, pathname } = new URL(receiver.url);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' };
    const posting = request({ hostname, port, path: pathname, method: 'POST', headers });
    const text = JSON.stringify(bodyOf([alertOf('InPieces', {}, { annotations: { summary: 'größer — 😀' } })]));
    const bytes = Buffer.from(text);
    for (let index = 0; index < bytes.length; index += 7) posting.write(bytes.subarray(index, index + 7));
    posting.end();
    const [response] = (await once(posting, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect((await temporal.incident(incidentOf('in-pieces')))?.input.title).toBe('größer — 😀');
  });

  it('answers forty groups of 25 alerts at once within a second each, and loses none', async () => {
    const groups = Array.from({ length: 40 }, (_, group) =>
      Array.from({ length: 25 }, (_unused, pod) => alertOf(`Storm${group % 20}`, { pod: `pod-${group}-${pod}` })),
    );
    const answers = await Promise.all(groups.map(async (alerts) => send(...alerts)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(1_000);
    const stored = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => temporal.incident(incidentOf(`storm${index}`))),
    );
    const seen = new Set(stored.flatMap((incident) => incident?.messages.flat().map(({ fingerprint }) => fingerprint)));
    expect(seen).toEqual(new Set(groups.flat().map(({ fingerprint }) => fingerprint)));
  });

  it('comes to the end of a storm of causes: each answer within its second, 503 until all is stored', async () => {
    const alerts = Array.from({ length: 600 }, (_, index) => alertOf(`Cause${index}`));
    const answers = [await send(...alerts)];
    while (answers.at(-1)?.status !== 200 && answers.length < 20) answers.push(await send(...alerts));
    expect(answers.slice(0, -1).every(({ status }) => status === 503)).toBe(true);
    expect(answers.at(-1)?.status).toBe(200);
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(1_300);
    const ids = new Set(
      await eventually('all are listed', async () => {
        const running = (await temporal.running()).filter((id) => id.includes('/cause'));
        return running.length === alerts.length && running;
      }),
    );
    expect(ids.size).toBe(600);
  });

  describe('with an Alertmanager', () => {
    /** The API writes another status and end, and times in milliseconds. */
    const ofApi = {
      status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
      startsAt: startsAt.replace(/\d{6}Z$/, 'Z'),
      endsAt: '2099-01-01T00:00:00.000Z',
    };
    let api: Server;
    let asked: URL[];
    let answer: { status: number; alerts: Alert[] };
    let other: ReceiverProcess;
    beforeAll(async () => {
      api = createServer((message, response) => {
        asked.push(new URL(message.url ?? '', 'http://alertmanager'));
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.alerts.map((alert) => ({ ...alert, ...ofApi }))));
      }).listen(0, '127.0.0.1');
      await once(api, 'listening');
      const { port } = api.address() as AddressInfo;
      other = await startReceiver(folder, temporal.address, '--alertmanager', `http://127.0.0.1:${port}/prefix`);
    });
    afterEach(() => (asked = []));
    afterAll(async () => {
      await other.kill('SIGTERM');
      api.close();
    });
    const pods = ['a', 'b', 'c'].map((pod) => alertOf('Cut', { pod }));
    const fields = { truncatedAlerts: 2, receiver: 'slipway\\.eu', groupLabels: { alertname: 'Cut "x"', 'a.b': 'c' } };

    it('completes a list that was cut', async () => {
      [asked, answer] = [[], { status: 200, alerts: pods }];
      expect((await other.post(bodyOf(pods.slice(0, 1), { ...fields, status: 'resolved' }))).status).toBe(200);
      expect(asked.map(({ pathname }) => pathname)).toEqual(['/prefix/api/v2/alerts']);
      expect(asked[0]?.searchParams.getAll('filter')).toEqual(['alertname="Cut \\"x\\""', '"a.b"="c"']);
      expect(asked[0]?.searchParams.get('receiver')).toBe('^slipway\\.eu$');
      expect(asked[0]?.searchParams.get('silenced')).toBe('false');
      const episodes = (await temporal.incident(incidentOf('cut')))?.messages.flat();
      expect(episodes).toHaveLength(3);
      expect(episodes?.every(({ status, endsAt }) => status === 'firing' && endsAt === null)).toBe(true);
    });

    it('delivers what there is when Alertmanager cannot complete it, and asks for a repeat', async () => {
      [asked, answer] = [[], { status: 500, alerts: [] }];
      const alert = alertOf('CutShort');
      const reply = await other.post(bodyOf([alert], fields));
      expect(reply).toMatchObject({ status: 503, body: { error: expect.stringContaining('HTTP 500') } });
      expect((await temporal.incident(incidentOf('cut-short')))?.messages.flat()).toHaveLength(1);
    });

    it('tells of it when Alertmanager lists fewer than it cut off', async () => {
      [asked, answer] = [[], { status: 200, alerts: [] }];
      expect((await other.post(bodyOf([alertOf('CutMore')], fields))).status).toBe(200);
      expect((await other.health()).undeliverable.kinds[0]?.why).toContain(
        'lists fewer alerts that fire than it cut off',
      );
    });

    it('asks nothing for a list that is whole', async () => {
      asked = [];
      expect((await other.post(bodyOf([alertOf('Whole')]))).status).toBe(200);
      expect(asked).toEqual([]);
    });
  });

  it('can be killed while a body comes: no answer, and the next receiver stores the repeat', async () => {
    const port = await freePort();
    const first = await startReceiver(folder, temporal.address, '--port', String(port));
    const body = bodyOf([alertOf('Killed')]);
    const posting = request(first.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    const failed = once(posting, 'error');
    posting.write(JSON.stringify(body).slice(0, 100));
    await once(posting, 'socket');
    await first.kill('SIGKILL');
    await failed.catch(() => undefined);
    expect(await temporal.incident(incidentOf('killed'))).toBe(undefined);
    const second = await startReceiver(folder, temporal.address, '--port', String(port));
    expect((await second.post(body)).status).toBe(200);
    expect(await temporal.incident(incidentOf('killed'))).toMatchObject({ status: 'RUNNING' });
    await second.kill('SIGTERM');
  });

  // Last: it takes Temporal from the others.
  it('answers 503 at once while Temporal is down, and 2xx once it is back', async () => {
    await temporal.stop();
    const alert = alertOf('Outage');
    const down = await send(alert);
    expect(down).toMatchObject({ status: 503, body: { error: expect.stringContaining('Temporal') } });
    expect(down.ms).toBeLessThan(1_000);
    expect((await receiver.health()).problem?.what).toContain('Temporal');
    const late = await startReceiver(folder, temporal.address);
    await eventually('said', async () => late.printed().includes('cannot reach Temporal at'));
    expect((await late.post(bodyOf([alert]))).status).toBe(503);

    await temporal.start();
    const answers = await eventually('taken', async () => {
      const both = await Promise.all([send(alert), late.post(bodyOf([alert]))]);
      return both.every(({ status }) => status === 200) && both;
    });
    expect(answers).toHaveLength(2);
    expect(await temporal.incident(incidentOf('outage'))).toMatchObject({ status: 'RUNNING' });
    expect(await temporal.incident(incidentOf('stream-completion'))).toMatchObject({ status: 'RUNNING' });
    expect((await receiver.health()).problem).toBe(null);
    await late.kill('SIGTERM');
  });
});
