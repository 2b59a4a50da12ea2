import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import dns from 'node:dns';
import { isIP } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressObstacles } from '../../activities/gates/address.ts';
import { createGateActivities, type GateReport } from '../../activities/gates/activities.ts';
import { readiness as readinessEntry } from '../../contract/catalog/catalog.ts';
import { gate as gateSchema, smokeGate } from '../../contract/catalog/gates.ts';
import { targetKinds } from '../../contract/catalog/targets/index.ts';
import { artifactOf, commits, World } from '../workflows/world.ts';
import { gateResults, gateResult, ScriptedService, type ReceivedRequest, type Reply } from './gate-world.ts';

let service: ScriptedService;
beforeEach(async () => {
  service = await new ScriptedService().open();
});
afterEach(() => service.close());

const check = (gate: object, more: object = {}) =>
  gateResult({ kind: 'http', path: '/v1/health', ...gate }, { url: service.url, ...more });

describe('an http gate', () => {
  it('passes on the expected status and values, and says what it saw, when', async () => {
    service.reply = () => ({
      status: 202,
      json: { status: 'ok', commit: commits.good, runs: [{ id: 7 }], 'a/b': true },
    });
    const result = await check({
      status: [200, 202],
      json: { '/status': 'ok', '/commit': '{commit}', '/a~1b': true },
      present: ['/runs/0/id'],
    });
    expect(result).toMatchObject({
      name: 'check',
      kind: 'http',
      verdict: 'pass',
      reason: 'GET /v1/health answered 202',
      samples: [],
    });
    expect(Date.parse(result.endedAt)).toBeGreaterThanOrEqual(Date.parse(result.startedAt));
    expect(service.received[0]?.headers['user-agent']).toBe('slipway-smoke/c1-verify1');
  });

  it.each([
    ['another status', {}, { status: 500 }, 'GET /v1/health answered 500, expected 200'],
    [
      'another value',
      { json: { '/status': 'ok' } },
      { status: 200, json: { status: 'bad' } },
      '/v1/health has "bad" at /status, expected "ok"',
    ],
    ['no JSON', { json: { '/status': 'ok' } }, { status: 200, text: '<html>' }, 'did not answer JSON'],
    [
      'an empty list where something must be',
      { present: ['/runs'] },
      { status: 200, json: { runs: [] } },
      'has [] at /runs, expected something',
    ],
    [
      'a value of its prototype only',
      { present: ['/constructor'] },
      { status: 200, json: {} },
      'has nothing at /constructor',
    ],
    [
      'a redirect, which is not followed',
      {},
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      'answered 302, expected 200',
    ],
    [
      'a body over the cap',
      { present: ['/x'] },
      { status: 200, text: JSON.stringify({ x: 'x'.repeat(300_000) }) },
      'more than 262144 bytes',
    ],
  ])('fails on %s', async (_what, gate, reply, reason) => {
    service.reply = () => reply;
    expect(await check(gate)).toMatchObject({ verdict: 'fail', reason: expect.stringContaining(reason) });
    expect(service.received).toHaveLength(1);
  });

  it('fails when the service does not answer in time, or at all', async () => {
    service.reply = () => 'lost';
    expect(await check({})).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('no answer from /v1/health'),
    });
    expect(service.received).toHaveLength(3);
    service.close();
    expect(await check({})).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('ECONNREFUSED') });
  });

  it('hands what it keeps to the gates after it, encoded in a path', async () => {
    service.reply = ({ path }) => ({ status: 200, json: path === '/start' ? { runId: 'a/../b' } : {} });
    const gates = [
      { kind: 'http', name: 'start', path: '/start', output: { as: 'run', pointer: '/runId' } },
      { kind: 'http', name: 'summary', path: '/runs/{run}/summary' },
      { kind: 'http', name: 'unknown', path: '/runs/{other}/summary' },
    ];
    const results = await gateResults(gates, { url: service.url });
    expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'inconclusive']);
    expect(results[0]?.outputs).toEqual({ run: 'a/../b' });
    expect(service.received.map(({ path }) => path)).toEqual(['/start', '/runs/a%2F..%2Fb/summary']);
    expect(results[2]?.reason).toContain('no gate before it has that output');
  });
});

describe('where a gate may go', () => {
  it('calls no undeclared host and no address of the machine itself', async () => {
    const other = await new ScriptedService().open();
    const { host } = new URL(other.url);
    expect(await check({ path: '/x', at: other.url, hosts: [host] })).toMatchObject({ verdict: 'pass' });
    await expect(check({ path: '/x', at: other.url })).rejects.toThrow(/add it under hosts/);
    expect(
      await check({ path: '/latest/meta-data', at: 'http://169.254.169.254', hosts: ['169.254.169.254'] }),
    ).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('an address of') });
    expect(
      await check({ path: '/x', at: 'http://metadata.google.internal', hosts: ['metadata.google.internal'] }),
    ).toMatchObject({ verdict: 'inconclusive' });
    expect(await check({ path: `//${host}/x` })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('neither the service nor named in hosts'),
    });
    other.close();
    expect(other.received).toHaveLength(1);
  });
});

describe('the address that a gate connects to', () => {
  const name = 'api.example.com';
  /** Lets every name stand for these addresses, one answer after the other; the last one stays. */
  const resolve = (...answers: string[][]) => {
    const answer = (_host: string, _options: object, callback: (...args: unknown[]) => void) => {
      const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      if (addresses.length === 0) callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
      else
        callback(
          null,
          addresses.map((address) => ({ address, family: isIP(address) })),
        );
    };
    return vi.spyOn(dns, 'lookup').mockImplementation(answer as never);
  };
  afterEach(() => vi.restoreAllMocks());
  const stringContaining = (text: string) => expect.stringContaining(text) as string;
  const call = (more: string[] = []) => {
    const { port } = new URL(service.url);
    return check({ at: `http://${name}:${port}`, hosts: [`${name}:${port}`, ...more], timeoutSeconds: 1 });
  };

  it('is the one that was checked: the name is looked up once', async () => {
    const lookups = resolve(['127.0.0.1'], ['169.254.169.254']);
    expect(await call()).toMatchObject({ verdict: 'pass' });
    expect(lookups).toHaveBeenCalledTimes(1);
    expect(service.received).toHaveLength(1);
    expect(await call()).toMatchObject({ verdict: 'inconclusive', reason: stringContaining('an address of') });
  });

  it.each([
    ['0.0.0.0'],
    ['169.254.169.254'],
    ['169.254.170.2'],
    ['100.100.100.200'],
    ['168.63.129.16'],
    ['192.0.0.192'],
    ['fe80::1'],
    ['fec0::1'],
    ['::'],
    ['::ffff:169.254.169.254'],
    ['::169.254.169.254'],
    ['64:ff9b::a9fe:a9fe'],
    ['64:ff9b:1::a9fe:a9fe'],
    ['2002:a9fe:a9fe::1'],
    ['2001:0:a9fe:a9fe::1'],
    ['fd00:ec2::254'],
    ['fd20:ce::254'],
    ['fd12:3456::1'],
  ])('is never %s, nor where the name has another one, too', async (address) => {
    resolve(['127.0.0.1', address]);
    expect(await call()).toMatchObject({ verdict: 'inconclusive', reason: stringContaining('an address of') });
    expect(service.received).toEqual([]);
  });

  it.each(['http://169.254.169.254', 'http://[::ffff:169.254.169.254]', 'http://[64:ff9b::a9fe:a9fe]'])(
    'is not %s, also where the service itself has it',
    async (url) => {
      expect(await check({}, { url })).toMatchObject({ reason: stringContaining('an address of') });
    },
  );

  it('may be one of a private network where the catalog names it', async () => {
    resolve(['fd12:3456::1', '127.0.0.1']);
    expect(await call()).toMatchObject({ reason: stringContaining('only where hosts names it: [fd12:3456::1]') });
    expect(await call(['[fd12:3456::1]'])).not.toMatchObject({ reason: stringContaining('an address of') });
    expect(gateSchema.safeParse({ kind: 'http', name: 'x', path: '/x', hosts: ['[fd20:ce::254]'] }).success).toBe(true);
    resolve(['fd20:ce::254']);
    expect(await call(['[fd20:ce::254]'])).toMatchObject({ reason: stringContaining('an address of') });
  });

  it('is none where the name cannot be looked up: nothing is sent', async () => {
    resolve([]);
    expect(await call()).toMatchObject({ verdict: 'fail', reason: stringContaining('ENOTFOUND') });
    expect(service.received).toEqual([]);
  });

  it.each(['metadata', 'metadata.google.internal', 'metadata.google.internal.', 'metadata.goog'])(
    'is not that of %s, whatever it stands for',
    async (host) => {
      resolve(['127.0.0.1']);
      const { port } = new URL(service.url);
      const result = await check({ at: `http://${host}:${port}`, hosts: [`${host}:${port}`] });
      expect(result).toMatchObject({ verdict: 'inconclusive', reason: stringContaining('an address of') });
      expect(service.received).toEqual([]);
    },
  );
});

describe('a service without an address of its own', () => {
  it('is asked where the gate says, and nowhere else', async () => {
    const { host } = new URL(service.url);
    const at = { at: service.url, hosts: [host] };
    expect(await check(at, { url: '' })).toMatchObject({ verdict: 'pass' });
    expect(service.received).toHaveLength(1);
    expect(await check({}, { url: '' })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('the service has no address of its own: give the gate `at`'),
    });
  });

  it('is an obstacle of the plan where a gate calls it, and none where all say where', () => {
    const health = { name: 'health', path: '/healthz' };
    const entryOf = (gate: object) => new World({ smoke: [smokeGate.parse(gate)] }).entry;
    const disabled = { ...new World().live, url: '' };
    expect(addressObstacles(entryOf(health), disabled)).toEqual([expect.stringContaining('nobody could ask health')]);
    const at = { ...health, at: 'https://api.example.com', hosts: ['api.example.com'] };
    expect(addressObstacles(entryOf(at), disabled)).toEqual([]);
    expect(addressObstacles(entryOf(health), { ...disabled, url: service.url })).toEqual([]);
    expect(addressObstacles(entryOf(health), { ...disabled, exists: false })).toEqual([]);
  });
});

describe('a path that the platform keeps for itself', () => {
  it('is named where it answered 404, and not where the gate goes by another address', async () => {
    service.reply = () => ({ status: 404 });
    const kept = "Google's front end answers /healthz of a run.app address itself";
    expect(await check({ path: '/healthz' })).toMatchObject({ reason: expect.stringContaining(kept) });
    const elsewhere = await check({ path: '/healthz', at: service.url, hosts: [new URL(service.url).host] });
    expect(elsewhere).toMatchObject({ verdict: 'fail', reason: 'GET /healthz answered 404, expected 200' });
    expect(await check({ path: '/health' })).toMatchObject({ reason: 'GET /health answered 404, expected 200' });
  });
});

describe('the first requests to a new instance', () => {
  const googlePage = '<html><head><title>503 Server Error</title></head><body>Please try again.</body></html>';
  /** Answers of the platform first, then the service's own. */
  const after = (...first: Reply[]) => {
    service.reply = () => first.shift() ?? { status: 202, json: { status: 'ok' } };
  };

  it.each([
    ['429 of a platform without an instance', { status: 429, text: 'Rate exceeded.' }],
    ['503 of a platform without an instance', { status: 503, text: 'Service Unavailable' }],
    ["503 of Google's front end", { status: 503, text: googlePage }],
  ])('are sent again after a %s, even those that write: the service never saw them', async (_what, reply) => {
    after(reply);
    const gate = { method: 'POST', path: '/runs', body: { goal: 'x' }, status: [202] };
    expect(await check(gate)).toMatchObject({ verdict: 'pass' });
    expect(service.requests('POST')).toHaveLength(2);
  });

  it.each([
    ['429', { status: 429, json: { error: 'slow down' }, headers: { 'retry-after': '1' } }],
    ['503', { status: 503, json: { error: 'the database is away' } }],
    ['503 that says more', { status: 503, text: 'Service Unavailable: the database is away' }],
  ])("are judged by the service's own %s", async (_what, reply) => {
    after(reply);
    expect(await check({})).toMatchObject({ verdict: 'fail' });
    expect(service.received).toHaveLength(1);
  });

  it('are judged where the platform goes on refusing, and where a gate wants that very answer', async () => {
    const refusal = { status: 429, text: 'Rate exceeded.' };
    service.reply = () => refusal;
    const reason = expect.stringContaining('answered 429') as string;
    expect(await check({}, { platformWaitMs: 0 })).toMatchObject({ verdict: 'fail', reason });
    expect(await check({ status: [429] })).toMatchObject({ verdict: 'pass' });
    expect(service.received).toHaveLength(2);
  });

  it('are sent again after an ingress without a pod, on Kubernetes', async () => {
    const nginx = '<center><h1>503 Service Temporarily Unavailable</h1></center><hr><center>nginx</center>';
    for (const text of [nginx, 'no healthy upstream', 'no available server'])
      expect(targetKinds.kubernetes.isOwnAnswer({ status: 503, text })).toBe(true);
    expect(targetKinds.kubernetes.isOwnAnswer({ status: 503, text: '{"error":"no database"}' })).toBe(false);
    expect(targetKinds.kubernetes.isOwnAnswer({ status: 502, text: nginx })).toBe(false);
  });

  const smoke = (readiness: object) => {
    const world = new World({ smoke: [smokeGate.parse({ name: 'health', path: '/v1/health', status: [202] })] });
    const { settings } = world.entry;
    const entry = { ...world.entry, settings: { ...settings, readiness: readinessEntry.parse(readiness) } };
    const request = { entry, url: service.url, artifact: artifactOf(commits.good), change: 'c1', attemptKey: 'smoke1' };
    const { smoke: activity } = createGateActivities(world.ports({} as never, {} as never));
    return new MockActivityEnvironment().run<[typeof request], GateReport, typeof activity>(activity, request);
  };

  it('come after the service has said that it is ready, where the catalog wants it', async () => {
    const replies: Reply[] = ['lost', { status: 503, json: { error: 'warming up' } }];
    service.reply = ({ path }) => (path === '/ready' && replies.shift()) || { status: path === '/ready' ? 200 : 202 };
    const { verdict, gates } = await smoke({ path: '/ready' });
    expect(verdict).toBe('pass');
    expect(gates.map(({ name, verdict: each }) => [name, each])).toEqual([
      ['readiness', 'pass'],
      ['health', 'pass'],
    ]);
    expect(service.received.map(({ path }) => path)).toEqual(['/ready', '/ready', '/ready', '/v1/health']);
  });

  it('are not judged where it never becomes ready: that is said', async () => {
    service.reply = () => ({ status: 503, json: { error: 'warming up' } });
    const { verdict, gates } = await smoke({ path: '/ready', withinSeconds: 1 });
    expect(verdict).toBe('fail');
    expect(gates).toMatchObject([
      { name: 'readiness', reason: 'not ready within 1 s: GET /ready answered 503, expected 200' },
    ]);
  });
});

describe('a value that a rotation brings', () => {
  const password = 'p@ss/word "with" more';
  const address = `postgres://app:${encodeURIComponent(password)}@db.example/app`;
  const rotated = [{ variable: 'DATABASE_URL', secret: 'database-url', from: '1', to: '2' }];
  const gate = { kind: 'http', path: '/echo', json: { '/said': 'nothing' } };
  const stored = (values: Record<string, string>) =>
    ({ read: async (_target: unknown, _secret: string, version: string) => values[version] ?? '' }) as never;

  it.each([
    ['the address', address],
    ['the password', password],
    ['the password as the address has it', encodeURIComponent(password)],
    ['the address in base64', Buffer.from(address).toString('base64')],
    ['the value before', 'the-old-value'],
  ])('is not repeated where the service says %s', async (_what, said) => {
    service.reply = () => ({ status: 200, json: { said: `refused with ${said}!` } });
    const secrets = stored({ 1: 'the-old-value', 2: `${address}\n` });
    const result = await check(gate, { rotated, ports: { secrets } });
    expect(result).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('refused with [secret]!') });
    expect(JSON.stringify(result)).not.toContain(JSON.stringify(said).slice(1, -1));
  });

  it('that the worker may not read does not keep it from checking', async () => {
    const denied = { read: async () => Promise.reject(new Error('PERMISSION_DENIED')) } as never;
    service.reply = () => ({ status: 200, json: { said: 'nothing' } });
    expect(await check(gate, { rotated, ports: { secrets: denied } })).toMatchObject({ verdict: 'pass' });
  });
});

describe('an output with a secret in it', () => {
  const secrets = { read: async () => 'k9Jx2mQ8vL4nR7tW' } as never;
  const start = {
    ...{ kind: 'http', name: 'start', method: 'POST', path: '/start', body: {} },
    headers: { 'x-api-key': { secret: 'api-key' } },
    output: { as: 'run', pointer: '/id' },
  };
  const look = { kind: 'http', name: 'look', path: '/runs/{run}' };
  beforeEach(() => {
    service.reply = ({ headers, path }) => ({
      status: path === '/runs/of-k9Jx2mQ8vL4nR7tW' || path === '/start' || path === '/v1/health' ? 200 : 404,
      json: { id: `of-${String(headers['x-api-key'])}` },
    });
  });

  it('is used as it is by the gates of the same step, and hidden in what they say', async () => {
    const results = await gateResults([start, look], { url: service.url, ports: { secrets } });
    expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    expect(results[0]?.outputs).toEqual({ run: 'of-[secret]' });
    expect(JSON.stringify(results)).not.toContain('k9Jx2mQ8vL4nR7tW');
  });

  it('proves nothing against a release where a later step needs it, and stops no gate that does not', async () => {
    const [{ outputs } = {}] = await gateResults([start], { url: service.url, ports: { secrets } });
    const health = { kind: 'http', name: 'health', path: '/v1/health' };
    const later = await gateResults([look, health], { url: service.url, ...(outputs && { outputs }) });
    expect(later).toMatchObject([
      { verdict: 'inconclusive', reason: 'output run holds a secret and cannot be passed on' },
      { verdict: 'pass' },
    ]);
    expect(service.requests('GET').map(({ path }) => path)).toEqual(['/v1/health']);
  });
});

describe('a header from a secret', () => {
  const secret = 'p@ss/word "with" more';
  const gate = {
    kind: 'http',
    path: '/v1/run',
    method: 'POST',
    repeatable: true,
    headers: { 'x-agent-api-key': { secret: 'api-key' } },
    status: [202],
    json: { '/echo': 'nothing' },
  };
  const secrets = { read: async () => `${secret}\n` };

  it('is read when the request is made, and in no form comes back', async () => {
    const encoded = [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
      JSON.stringify(secret),
    ];
    for (const echo of encoded) {
      service.reply = () => ({ status: 202, json: { echo } });
      const result = await check(gate, { ports: { secrets } });
      expect(service.received.at(-1)?.headers['x-agent-api-key']).toBe(secret);
      expect(result).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('[secret]') });
      const said = JSON.stringify(result);
      for (const form of [...encoded, JSON.stringify(secret).slice(1, -1)]) expect(said).not.toContain(form);
    }
  });

  it('may be an identity token, which is made for the request and does not come back either', async () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"aud":"a"}').toString('base64url')}.c2lnbmF0dXJlLW9mLWl0`;
    const audiences: (string | undefined)[] = [];
    const tokens = {
      ...secrets,
      identityToken: async (_target: unknown, audience: string | undefined) => {
        audiences.push(audience);
        return token;
      },
    };
    service.reply = ({ headers }) => ({ status: 202, json: { echo: headers['authorization'] } });
    const headers = { authorization: { identityToken: true, audience: 'https://shop.example' } };
    const result = await check({ ...gate, headers }, { ports: { secrets: tokens } });
    expect(audiences).toEqual(['https://shop.example']);
    expect(service.received.at(-1)?.headers['authorization']).toBe(`Bearer ${token}`);
    expect(result).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('[secret]') });
    expect(JSON.stringify(result)).not.toContain(token);
  });

  it('makes the gate inconclusive when it cannot be read, and nothing is sent', async () => {
    const denied = {
      read: () =>
        Promise.reject(
          ApplicationFailure.nonRetryable('read secret api-key of project-1: PERMISSION_DENIED', 'Denied'),
        ),
    };
    expect(await check(gate, { ports: { secrets: denied } })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('read secret api-key'),
    });
    expect(service.received).toEqual([]);
  });

  it('is asked for again when the store does not answer just now', async () => {
    const away = {
      read: () => Promise.reject(ApplicationFailure.create({ type: 'Unavailable', message: 'UNAVAILABLE' })),
    };
    await expect(check(gate, { ports: { secrets: away } })).rejects.toMatchObject({ type: 'Unavailable' });
  });

  it('stays out of a failure when it is no value for a header', async () => {
    const broken = { read: async () => 'first line\nsecond line' };
    const result = await check(gate, { ports: { secrets: broken } });
    expect(result.verdict).not.toBe('pass');
    expect(JSON.stringify(result)).not.toMatch(/first line|second line/);
    expect(service.received).toEqual([]);
  });
});

describe('a gate that writes', () => {
  const start = {
    kind: 'http',
    name: 'start',
    method: 'POST',
    path: '/v1/run',
    headers: { 'x-trace': '{marker}' },
    body: { goal: 'a "quoted" goal', marker: '{marker}' },
    status: [202],
    output: { as: 'run', pointer: '/runId' },
    lookup: { path: '/v1/runs?marker={marker}', pointer: '/runs/0/runId' },
  };

  /** Keeps what is written, by marker; the first answers of writing requests are replaced. */
  const keeping = (answers: ('lost' | 'lost before')[] = []) => {
    const runs = new Map<string, string>();
    service.reply = ({ method, path, body }: ReceivedRequest) => {
      if (method === 'GET') {
        const id = runs.get(new URL(path, service.url).searchParams.get('marker') ?? '');
        return { status: 200, json: { runs: id ? [{ runId: id }] : [] } };
      }
      const { marker } = JSON.parse(body) as { marker: string };
      const how = answers.shift();
      if (how === 'lost before') return 'lost';
      runs.set(marker, `run-${service.requests('POST').length}`);
      return how ?? { status: 202, json: { runId: runs.get(marker) } };
    };
    return runs;
  };

  it('carries a marker of change, attempt and gate', async () => {
    const runs = keeping();
    expect(await check(start)).toMatchObject({ verdict: 'pass', outputs: { run: 'run-1' } });
    expect([...runs.keys()]).toEqual(['slipway-c1-verify1-start']);
    expect(service.requests('POST')[0]?.headers['x-trace']).toBe('slipway-c1-verify1-start');
    expect(JSON.parse(service.requests('POST')[0]?.body ?? '')).toMatchObject({ goal: 'a "quoted" goal' });
  });

  it('is not sent again after a crash between write and answer: what it wrote is found and adopted', async () => {
    const runs = keeping();
    await check(start);
    expect(await check(start, { attempt: 2 })).toMatchObject({
      verdict: 'pass',
      outputs: { run: 'run-1' },
      reason: expect.stringContaining('not sent again'),
    });
    expect(service.requests('POST')).toHaveLength(1);
    expect(runs.size).toBe(1);
  });

  it('is not sent again when the answer was lost, and is when the request was', async () => {
    keeping(['lost']);
    expect(await check(start)).toMatchObject({ verdict: 'pass', outputs: { run: 'run-1' } });
    expect(service.requests('POST')).toHaveLength(1);
    const runs = keeping(['lost before']);
    expect(await check(start, { attemptKey: 'verify2' })).toMatchObject({ verdict: 'pass' });
    expect(runs.size).toBe(1);
  });

  it('is sent anew for another attempt: a person asked for another try', async () => {
    const runs = keeping();
    await check(start);
    await check(start, { attemptKey: 'verify2' });
    expect(runs.size).toBe(2);
  });

  it('is not sent when the lookup does not work: that is a no of the service', async () => {
    service.reply = () => ({ status: 500 });
    expect(await check(start)).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('which looks for what was sent, answered 500'),
    });
    expect(service.requests('POST')).toEqual([]);
  });

  it('without a lookup is sent once, and not after a crash, unless it says that it is repeatable', async () => {
    const { lookup: _lookup, ...blind } = start;
    keeping(['lost']);
    expect(await check(blind)).toMatchObject({ verdict: 'fail' });
    expect(service.requests('POST')).toHaveLength(1);
    expect(await check(blind, { attempt: 2 })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('may have sent POST /v1/run'),
    });
    expect(service.requests('POST')).toHaveLength(1);
    expect(await check({ ...blind, repeatable: true }, { attempt: 2 })).toMatchObject({ verdict: 'pass' });
    expect(await check({ ...blind, method: 'PUT' }, { attempt: 2 })).toMatchObject({ verdict: 'pass' });
  });
});

describe('an auth gate', () => {
  const gate = {
    kind: 'auth',
    method: 'POST',
    path: '/v1/listings',
    without: 'x-user-role',
    status: 403,
    body: { title: 'slipway' },
  };

  it.each([
    [403, 'pass', 'POST /v1/listings without x-user-role answered 403'],
    [401, 'fail', 'expected 403'],
    [201, 'fail', 'it was let in'],
    [404, 'fail', 'expected 403'],
    [500, 'fail', 'expected 403'],
  ])('finds %s to be a %s', async (status, verdict, reason) => {
    service.reply = () => ({ status });
    expect(await check(gate)).toMatchObject({ kind: 'auth', verdict, reason: expect.stringContaining(reason) });
  });

  it('cannot carry the header that it leaves out', async () => {
    await expect(check({ ...gate, headers: { 'X-User-Role': 'admin' } })).rejects.toThrow(/must not have x-user-role/);
  });
});
