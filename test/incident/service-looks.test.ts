import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeCommit, shortDigest } from '../../contract/artifact.ts';
import { runningRevision } from '../../contract/ledger.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { artifactOf, commits, liveState, World } from '../workflows/world.ts';
import { ScriptedService } from '../activities/gate-world.ts';
import { ledgerEntry } from '../activities/ledger.ts';
import { lookAt } from './look-world.ts';

describe('the look at routes', () => {
  let service: ScriptedService;
  beforeAll(async () => {
    service = await new ScriptedService().open();
  });
  beforeEach(() => void service.received.splice(0));
  afterAll(() => service.close());

  const smoke = [
    { name: 'health', path: '/healthz', json: { '/commit': '{commit}' } },
    { name: 'write', method: 'POST', path: '/runs', repeatable: true },
    { name: 'run', path: '/runs/{run}' },
    { name: 'refused', kind: 'auth', path: '/runs', without: 'x-user-role', status: 403 },
  ];
  const routesOf = async (url = service.url) => {
    const world = new World({ smoke: smoke as never });
    world.live = { ...liveState('service-7', commits.good), url };
    return lookAt({ kind: 'routes' }, { world });
  };

  it('requests what only reads where users do, with answer and time, as none of them', async () => {
    service.reply = ({ path }) =>
      path === '/healthz' ? { status: 200, json: { commit: commits.good } } : { status: 403 };
    const evidence = await routesOf();
    expect(service.received.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /healthz',
      'GET /runs',
    ]);
    expect(service.received[0]?.headers['user-agent']).toBe('slipway-smoke/c0123456789-triage');
    expect(evidence).toMatchObject({
      verdict: 'pass',
      source: 'the service',
      query: 'GET /healthz, GET /runs',
      reason: 'all 2 routes answer as they should',
      count: 0,
      lines: [
        expect.stringMatching(/^pass health: GET \/healthz answered 200 \(\d+ ms\)$/),
        expect.stringMatching(/^pass refused: GET \/runs without x-user-role answered 403 \(\d+ ms\)$/),
      ],
    });
  });

  it('says which route fails, and how', async () => {
    service.reply = ({ path }) => (path === '/healthz' ? { status: 503 } : { status: 403 });
    expect(await routesOf()).toMatchObject({
      verdict: 'fail',
      count: 1,
      reason: '1 of 2 routes do not: GET /healthz answered 503, expected 200',
    });
  });

  it('fails where nobody answers: the service is the source', async () => {
    const evidence = await routesOf('http://127.0.0.1:1');
    expect(evidence).toMatchObject({ verdict: 'fail', count: 2 });
    expect(evidence.lines[0]).toMatch(/^fail health: no answer from \/healthz/);
  });

  it('fails where a route does not answer in time, and waits for no other', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const looking = routesOf(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await looking).lines[0]).toMatch(/^fail health: GET \/healthz did not answer within 5 s/);
    silent.close();
    vi.useRealTimers();
  });

  it('is inconclusive where the catalog has no such check', async () => {
    const world = new World({ smoke: [smoke[1]] as never });
    expect(await lookAt({ kind: 'routes' }, { world })).toMatchObject({ verdict: 'inconclusive' });
  });
});

describe('the look at what serves', () => {
  const servingOf = async (live: World['live'], ledger: World['ledger'], statusOf?: () => Promise<object>) => {
    const world = new World();
    world.live = live;
    world.ledger = ledger;
    return lookAt({ kind: 'serving' }, { world, ...(statusOf && { ports: { environments: { statusOf } as never } }) });
  };
  const { digest } = artifactOf(commits.good);
  const [good, bad] = [describeCommit(commits.good), describeCommit(commits.bad)];
  const entry = ledgerEntry(commits.good, {
    at: '2026-02-28T09:00:00.000Z',
    serves: { revision: 'service-7', digest, commit: commits.good },
  });

  it('passes when it is what the ledger says', async () => {
    expect(await servingOf(liveState('service-7', commits.good), [entry])).toMatchObject({
      verdict: 'pass',
      reason: `serves ${good} to 100 % of users (revision service-7), as the ledger says, since ${utcMoment(entry.at)}`,
      lines: [
        `serves 100 %: ${good} (revision service-7, digest ${shortDigest(digest)})`,
        expect.stringMatching(`^ledger: ${good} \\(revision service-7, .* released 2026-02-28 09:00:00 UTC by `),
      ],
    });
  });

  it('asks the stored ledger when the environment does not answer', async () => {
    const silent = () => Promise.reject(new Error('no worker'));
    expect(await servingOf(liveState('service-7', commits.good), [entry], silent)).toMatchObject({ verdict: 'pass' });
  });

  it('fails when somebody has changed it by hand', async () => {
    expect(await servingOf(liveState('service-9', commits.bad), [entry])).toMatchObject({
      verdict: 'fail',
      reason:
        `serves ${bad} to 100 % of users (revision service-9), ` + `but the ledger says ${good} (revision service-7)`,
    });
  });

  it("is inconclusive where a change that is under way has brought it: that is nobody's hand", async () => {
    const held = async (brought: string, live = liveState('service-9', commits.bad)) => {
      const { digest: itsOwn, commit } = artifactOf(brought);
      const holder = {
        kind: 'deploy',
        change: 'c3',
        owner: 'ann@example.com',
        digest: itsOwn,
        commit,
        since: entry.at,
      };
      return servingOf(live, [entry], async () => ({ runs: runningRevision([entry]), holder, ledger: [entry] }));
    };
    expect(await held(commits.bad)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining(`; deploy c3 of ann@example.com holds the environment and has brought ${bad}; `),
      lines: expect.arrayContaining(['under way: deploy c3 of ann@example.com since 2026-02-28 09:00:00 UTC']),
    });
    expect(await held(commits.old)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('and may have brought it'),
    });
    // It has brought nothing yet: what serves is what should.
    expect(await held(commits.bad, liveState('service-7', commits.good))).toMatchObject({ verdict: 'pass' });
  });

  it('fails when nothing serves', async () => {
    const live = { ...liveState('service-7', commits.good), serving: [] };
    expect(await servingOf(live, [entry])).toMatchObject({ verdict: 'fail', reason: 'nothing serves' });
  });

  it('is inconclusive where the ledger does not know', async () => {
    expect(await servingOf(liveState('service-7', commits.good), [])).toMatchObject({ verdict: 'inconclusive' });
    const unsure = ledgerEntry(commits.good, { serves: 'unknown' });
    expect(await servingOf(liveState('service-7', commits.good), [entry, unsure])).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('ask for drift'),
    });
  });
});
