import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { productionRules } from '../../sandbox/monitoring/rules.ts';
import { cloudRunMisbehaviour, clusterMisbehaviour } from '../../sandbox/misbehaviour/files.ts';
import { switchWay, waysThatAreOn } from '../../sandbox/misbehaviour/switch.ts';
import { ways } from '../../sandbox/misbehaviour/ways.ts';
import { createRepositories } from '../../sandbox/repositories.ts';
import type { SampleRepository } from '../../sandbox/repositories.ts';
import { call, checkOut, serve } from './sample-service.ts';
import type { RunningService } from './sample-service.ts';

const project = join(import.meta.dirname, '..', '..');
const sample = join(project, 'sandbox', 'services', 'openagents-runtime', 'base');
const waiting = { timeout: 20_000, interval: 200 };

type Line = Record<string, unknown>;

let dir: string;
let repository: SampleRepository;
const running: RunningService[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-misbehaviour-'));
  [repository] = (await createRepositories(dir)) as [SampleRepository];
}, 60_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Starts the runtime without a database: what it does besides its tables needs none. */
const start = async (folder: string, env: Record<string, string>): Promise<RunningService> => {
  const service = await serve(folder, {
    DATABASE_URL: 'postgres://postgres@127.0.0.1:1/nowhere',
    RUNTIME_SERVICE_NAME: 'openagents-runtime',
    ...env,
  });
  running.push(service);
  return service;
};

const scrape = async ({ url }: RunningService): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** Reads a series of the service, by the begin of its line. */
const valueOf = async (service: RunningService, series: string): Promise<number> => {
  const line = (await scrape(service)).split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1));
};

const problems = (service: RunningService, event: string): Line[] =>
  (service.log() as unknown as Line[]).filter((line) => line['event'] === event);

/** Waits until no more lines come: a storm has four a second. */
const ends = async (service: RunningService, event: string): Promise<void> => {
  let before = -1;
  const isQuiet = (): boolean => {
    const now = problems(service, event).length;
    const same = now === before;
    before = now;
    return same;
  };
  await expect.poll(isQuiet, { ...waiting, interval: 700 }).toBe(true);
};

const runtime = 'openagents_runtime_';
const auth = (reason: string): [string, Line, string] => [
  'sync.socket.auth',
  { outcome: 'rejected', reason },
  `${runtime}sync_socket_auth_rejects_total{reason="${reason}"}`,
];
const search = { tool: 'web_search', provider: 'search-api', outcome: 'failed', error_class: 'upstream_timeout' };

/** The event of the lines, what they say, and a series that moves. */
const effects: Record<Exclude<keyof typeof ways, 'request-errors'>, [string, Line, string]> = {
  'tail-timeout-storm': [
    'stream.session',
    { outcome: 'tail_timeout' },
    `${runtime}stream_sessions_total{outcome="tail_timeout"}`,
  ],
  'cancel-storm': [
    'stream.session',
    { outcome: 'client_closed' },
    `${runtime}stream_sessions_total{outcome="client_closed"}`,
  ],
  'lease-steals': ['lease.acquire', { outcome: 'stolen' }, `${runtime}lease_steals_total`],
  'tool-failures': [
    'tool.call',
    search,
    `${runtime}tool_calls_total{${Object.entries(search)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}}`,
  ],
  'policy-denials': [
    'policy.decision',
    { decision: 'denied', reason_code: 'budget_exhausted' },
    `${runtime}policy_denials_total{reason_code="budget_exhausted"}`,
  ],
  'circuit-open': [
    'circuit.breaker',
    { provider: 'model-api', tool: 'summarize', state: 'open' },
    `${runtime}circuit_breaker_open{provider="model-api"}`,
  ],
  'auth-unknown-kid': auth('unknown_kid'),
  'auth-claim-mismatch': auth('claim_mismatch'),
  'auth-token-expired': auth('token_expired'),
  'auth-missing-token': auth('missing_token'),
  'token-mint-failures': [
    'khala.token.mint',
    { outcome: 'failed', error_class: 'signing_key_unavailable' },
    'openagents_khala_token_mints_total{outcome="failed"}',
  ],
  'reconnect-timeouts': ['sync.socket.heartbeat', { outcome: 'timeout' }, `${runtime}sync_socket_timeouts_total`],
  'stale-cursors': ['sync.resume', { outcome: 'stale_cursor' }, `${runtime}sync_stale_cursors_total`],
};

describe('the sample runtime', () => {
  it('knows the ways that the sandbox names', () => {
    const known = createRequire(import.meta.url)(join(sample, 'lib', 'ways.js')) as object;
    expect(Object.keys(known)).toEqual(Object.keys(ways));
  });

  it.each(Object.entries(effects))(
    'in the way %s changes its log and its metrics, and stops again',
    async (way, is) => {
      const [event, fields, series] = is;
      const place = { service: 'openagents-runtime', environment: 'production' };
      const file = cloudRunMisbehaviour(join(dir, 'cloud'), 'openagents-runtime');
      const service = await start(sample, { SANDBOX_MISBEHAVIOUR: file, K_REVISION: 'openagents-runtime-00001-abc' });
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(problems(service, event)).toEqual([]);
      expect(await switchWay(dir, place, { way, isOn: true })).toEqual([way]);
      await expect.poll(() => problems(service, event).length, waiting).toBeGreaterThan(2);
      expect(problems(service, event)[0]).toEqual({
        ...{ severity: 'WARNING', message: expect.any(String), event, ...fields },
        ...{ service: 'openagents-runtime', commit: expect.any(String), buildSha: expect.any(String) },
        revision: 'openagents-runtime-00001-abc',
        run_id: expect.stringMatching(/^run_/),
        trace_id: expect.stringMatching(/^[\da-f]{32}$/),
        request_id: expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(await valueOf(service, series)).toBeGreaterThan(0);
      expect(await switchWay(dir, place, { isOn: false })).toEqual([]);
      await ends(service, event);
      if (way === 'circuit-open') expect(await valueOf(service, series)).toBe(0);
    },
  );

  it('in the way request-errors fails every second request of a user', async () => {
    const file = join(dir, 'request-errors.json');
    await writeFile(file, JSON.stringify(['request-errors']));
    const service = await start(sample, { SANDBOX_MISBEHAVIOUR: file });
    const answers = [];
    for (let n = 0; n < 4; n += 1) answers.push((await call(`${service.url}/internal/v1/runs`, {})).body['error']);
    expect(answers.map((error) => error === 'the run queue does not answer')).toEqual([false, true, false, true]);
    const failed = 'http_requests_total{method="POST",route="/internal/v1/runs",code="500"}';
    expect(await valueOf(service, failed)).toBe(4);
  });

  it.each([
    ['fails-tools', 'tool.call'],
    ['fails-streams', 'stream.session'],
    ['fails-cursors', 'sync.resume'],
  ])('of the release %s misbehaves once users have come, and no longer than they stay', async (scenario, event) => {
    const service = await start(await checkOut(repository.path, scenario, join(dir, 'images')), {
      FAIL_AFTER_SECONDS: '0',
    });
    const come = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) await call(`${service.url}/internal/v1/runs`, {});
    };
    await come(9);
    expect(problems(service, event)).toEqual([]);
    await come(1);
    await expect.poll(() => problems(service, event).length, waiting).toBeGreaterThan(2);
    await ends(service, event);
  });
});

describe('ways to misbehave', () => {
  const place = { service: 'openagents-runtime', environment: 'production' };

  it('add up, and are switched off one by one or all', async () => {
    const state = join(dir, 'adding');
    await switchWay(state, place, { way: 'lease-steals', isOn: true });
    expect(await switchWay(state, place, { way: 'stale-cursors', isOn: true })).toEqual([
      'lease-steals',
      'stale-cursors',
    ]);
    expect(await switchWay(state, place, { way: 'lease-steals', isOn: false })).toEqual(['stale-cursors']);
    await switchWay(state, { ...place, environment: 'cluster' }, { way: 'circuit-open', isOn: true });
    expect((await waysThatAreOn(state)).sort((a, b) => a.place.localeCompare(b.place))).toEqual([
      { place: 'Cloud Run service openagents-runtime', ways: ['stale-cursors'] },
      { place: 'namespace runtime', ways: ['circuit-open'] },
    ]);
    await switchWay(state, place, { isOn: false });
    await switchWay(state, { ...place, environment: 'cluster' }, { isOn: false });
    expect(await waysThatAreOn(state)).toEqual([]);
  });

  it('are written where the place reads them', async () => {
    const state = join(dir, 'places');
    const places: [string, string, string][] = [
      ['openagents-runtime', 'staging', cloudRunMisbehaviour(join(state, 'cloud'), 'openagents-runtime-staging')],
      ['openagents-runtime', 'cluster', clusterMisbehaviour(join(state, 'cloud'), 'runtime')],
      ['metered', 'production', cloudRunMisbehaviour(join(state, 'cloud'), 'metered')],
      ['metered', 'staging', cloudRunMisbehaviour(join(state, 'cloud'), 'metered-staging')],
    ];
    for (const [service, environment, file] of places) {
      await switchWay(state, { service, environment }, { way: 'lease-steals', isOn: true });
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(['lease-steals']);
    }
  });

  it.each([
    [
      { service: 'agento', environment: 'production' },
      'lease-steals',
      /agento cannot misbehave; these can: openagents/,
    ],
    [
      { service: 'openagents-runtime', environment: 'moon' },
      'lease-steals',
      /no environment moon; there is: production/,
    ],
    [{ service: 'openagents-runtime', environment: 'production' }, 'dancing', /no way dancing; there is: tail-timeout/],
  ])('of %o refuse what does not exist: %s', async (where, way, reason) => {
    await expect(switchWay(dir, where, { way, isOn: true })).rejects.toThrow(reason);
  });
});

describe('metrics', () => {
  const names = (text: string): string[] => [
    ...new Set(text.match(/\b(?:openagents|http)_[a-z_]+(?:_total|_bucket|_open)\b/g) ?? []),
  ];

  it('that rules and dashboard name are served by the sample', async () => {
    const service = await start(sample, {});
    await call(`${service.url}/internal/v1/runs`, {});
    const served = await scrape(service);
    const dashboard = await readFile(
      join(project, 'deploy', 'monitoring', 'grafana', 'runtime-ops-dashboard.json'),
      'utf8',
    );
    const rules = await productionRules();
    const queries = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr));
    const wanted = names([dashboard, ...queries].join('\n'));
    expect(wanted.length).toBeGreaterThan(12);
    expect(wanted.filter((name) => !new RegExp(`^${name}(\\{|\\s)`, 'm').test(served))).toEqual([]);
    for (const { alert } of rules.groups.flatMap((group) => group.rules)) expect(dashboard).toContain(alert);
  });
});
