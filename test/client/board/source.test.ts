import { describe, expect, it } from 'vitest';
import type { EnvironmentReport } from '../../../client/api/environment-report.ts';
import { Outage, RunExists } from '../../../client/api/errors.ts';
import type { RunFilter, RunSummary } from '../../../client/api/runs.ts';
import type { BoardClient } from '../../../client/board/gather.ts';
import { createPlatformLooks, type PlatformLooks } from '../../../client/board/platform-looks.ts';
import { createBoardSource } from '../../../client/board/source.ts';
import { addToSummary, emptySummary } from '../../../contract/ledger-memory.ts';
import { eventually } from '../../until.ts';
import { approving, entry, environmentStatus, serving } from './sample.ts';

const start = Date.parse('2026-03-01T18:00:00Z');
const summary = (changes: Partial<RunSummary>): RunSummary => ({
  workflowId: 'environment/shop/production',
  runId: 'r',
  workflowType: 'environment',
  change: 'c0',
  execution: 'RUNNING',
  service: 'shop',
  environment: 'production',
  phase: 'free',
  commit: '',
  startedAt: '2026-03-01T10:00:00.000Z',
  closedAt: null,
  waitingFor: '',
  next: '',
  outcome: '',
  ...changes,
});
const answered: EnvironmentReport = { ...environmentStatus, stale: false };
const silent: EnvironmentReport = {
  ...{ service: 'shop', environment: 'production', stale: true, asOf: '2026-03-01T17:00:00.000Z' },
  ...{ phase: 'frozen', waitingFor: 'a sale', next: '' },
};

interface World {
  running: RunSummary[];
  past: RunSummary[];
  environment: () => Promise<EnvironmentReport | null>;
  status: () => Promise<unknown>;
  list?: () => Promise<never>;
}

/** A board over answers that a test chooses; `asked` counts the questions to Temporal. */
function boardOver(world: World, { ledger }: { ledger?: ReturnType<typeof entry>[] } = {}) {
  const asked = { lists: 0, looks: [] as string[] };
  const time = { now: start };
  const slipway = {
    list: async ({ running = true, types = [] }: RunFilter = {}) => {
      await world.list?.();
      if (!running) return world.past;
      if (types.includes('environment')) asked.lists += 1;
      return world.running.filter(({ workflowType }) => types.includes(workflowType));
    },
    environment: async () => world.environment(),
    status: async () => world.status(),
    hasWorker: async () => true,
    silence: async () => 'nobody works on the task queue slipway',
    link: (workflowId: string, runId: string) => `https://temporal.example.com/${workflowId}/${runId}`,
  } as unknown as BoardClient;
  const looks: PlatformLooks = {
    answerOf: () => null,
    refresh: ({ service, environment }) => void asked.looks.push(`${service}/${environment}`),
    settled: async () => undefined,
  };
  const source = createBoardSource({
    slipway,
    looks,
    catalog: async () => ({
      places: ['production', 'staging'].map((environment) => ({
        ...{ service: 'shop', environment, owners: {}, operators: [], unusable: null },
      })),
      problems: [],
    }),
    storedLedger: ledger ? async () => addToSummary(emptySummary, ledger) : null,
    temporal: { address: 'a', namespace: 'n' },
    clock: () => time.now,
  });
  return { source, asked, time, world };
}

const calm = (): World => ({
  running: [summary({})],
  past: [],
  environment: async () => answered,
  status: async () => approving,
});

describe('the source of the board', () => {
  it('asks Temporal once for all who look, and not before two seconds are over', async () => {
    const { source, asked, time } = boardOver(calm());
    const [one, other] = await Promise.all([source.current(), source.current()]);
    expect(other).toBe(one);
    time.now += 1_999;
    expect(await source.current()).toBe(one);
    expect(asked.lists).toBe(1);
    time.now += 1;
    await source.current();
    expect(asked.lists).toBe(2);
  });

  it('lists the environments of the catalog, and those that only Temporal knows', async () => {
    const world = calm();
    world.running.push(summary({ workflowId: 'environment/tea/production', service: 'tea' }));
    const { places } = await boardOver(world).source.current();
    expect(places.map(({ service, environment, state }) => `${service}/${environment} ${state.kind}`)).toEqual([
      'shop/production answered',
      'shop/staging unused',
      'tea/production answered',
    ]);
  });

  it('shows what was there before while Temporal does not answer, and since when', async () => {
    const { source, time, world } = boardOver(calm());
    await source.current();
    world.list = async () => {
      throw new Outage('Temporal: it is down (UNAVAILABLE)', null);
    };
    time.now += 5_000;
    await source.current();
    time.now += 60_000;
    const { outage, at, places } = await source.current();
    expect(outage).toEqual({
      since: new Date(start + 5_000).toISOString(),
      reason: 'Temporal: it is down (UNAVAILABLE)',
    });
    expect(at).toBe(new Date(start).toISOString());
    expect(places[0]?.state.kind).toBe('answered');
    delete world.list;
    time.now += 5_000;
    expect(await source.current()).toMatchObject({ outage: null, at: new Date(time.now).toISOString() });
  });

  it('knows the catalog and the stored ledger even if Temporal has never answered', async () => {
    const world = calm();
    world.list = async () => {
      throw new Outage('Temporal: it is down', null);
    };
    const { places, at } = await boardOver(world, { ledger: [entry()] }).source.current();
    expect(at).toBeNull();
    expect(places[0]?.state).toMatchObject({ kind: 'silent', known: { from: 'the stored ledger' } });
  });

  it('does not call a place new whose environment was terminated', async () => {
    const world = calm();
    world.running = [];
    const { places } = await boardOver(world, { ledger: [entry()] }).source.current();
    expect(places[0]?.state).toMatchObject({
      kind: 'silent',
      reason: expect.stringContaining('does not run'),
      known: { from: 'the stored ledger', status: { runs: { commit: entry().commit } } },
    });
  });

  it('says that more runs go on than it shows', async () => {
    const world = calm();
    const many = Array.from({ length: 200 }, (_, index) =>
      summary({ workflowId: `d-${index}`, workflowType: 'deploy' }),
    );
    world.running.push(...many);
    const { notices } = await boardOver(world).source.current();
    expect(notices).toEqual([expect.stringContaining('More runs go on than are shown here: 200')]);
  });

  it('shows the other places when one answers with an error', async () => {
    const world = calm();
    world.running.push(summary({ workflowId: 'environment/shop/staging', environment: 'staging' }));
    let calls = 0;
    world.environment = async () => {
      if ((calls += 1) > 1) return answered;
      throw new Error('this run does not have that query');
    };
    const { places } = await boardOver(world).source.current();
    expect(places.map(({ state }) => state.kind)).toEqual(['silent', 'answered']);
    expect(places[0]?.state).toMatchObject({ reason: 'this run does not have that query' });
  });

  it('shows a run that cannot be asked by its list entry', async () => {
    const world = calm();
    const deploy = {
      workflowId: 'deploy-9',
      workflowType: 'deploy',
      phase: 'approval',
      waitingFor: 'approval',
      next: 'do it',
    };
    world.running.push(summary(deploy));
    world.status = async () => {
      throw new Error('odd');
    };
    const { runs } = await boardOver(world).source.current();
    expect(runs).toMatchObject([
      { workflowId: 'deploy-9', service: 'shop', stale: true, waitingFor: { what: 'approval', commands: ['do it'] } },
    ]);
  });

  it('remembers what a worker has told until another one lives, and asks no platform meanwhile', async () => {
    const world = calm();
    world.running.push(summary({ workflowId: 'deploy-3', workflowType: 'deploy', phase: 'approval' }));
    const { source, asked, time } = boardOver(world);
    await source.current();
    expect(asked.looks).toEqual(['shop/production', 'shop/staging']);
    world.environment = async () => silent;
    world.status = async () => ({ ...approving, steps: undefined, stale: true, asOf: '2026-03-01T17:59:00.000Z' });
    time.now += 10_000;
    const { silence, places, runs } = await source.current();
    expect(silence).toBe('nobody works on the task queue slipway');
    const asOf = new Date(start).toISOString();
    expect(places[0]?.state).toMatchObject({ kind: 'silent', known: { asOf, from: 'the environment' } });
    expect(runs).toMatchObject([{ workflowId: 'deploy-3', stale: true, asOf, steps: [] }]);
    expect(asked.looks).toHaveLength(2);
  });

  it('takes the memo of a run that has written something newer than it had told', async () => {
    const world = calm();
    world.running.push(summary({ workflowId: 'deploy-3', workflowType: 'deploy' }));
    const { source, time } = boardOver(world);
    await source.current();
    time.now += 10_000;
    const asOf = new Date(start + 5_000).toISOString();
    world.status = async () => ({ ...approving, phase: 'parked', stale: true, asOf });
    expect((await source.current()).runs).toMatchObject([{ phase: 'parked', asOf }]);
  });

  it('tells the changes of seven days: runs with what the ledger knows of them, and forgotten ones', async () => {
    const world = calm();
    const ended = { workflowType: 'deploy', execution: 'COMPLETED', closedAt: '2026-03-01T12:00:00.000Z' };
    world.past = [
      summary({ ...ended, workflowId: 'deploy-1', change: 'c1', outcome: 'released' }),
      summary({ ...ended, workflowId: 'deploy-0', change: 'cx', execution: 'FAILED', outcome: 'Rejected: by ann' }),
      summary({ ...ended, workflowId: 'deploy-p', change: 'cp', outcome: 'planned; nothing was built or changed' }),
    ];
    const ledger = [
      entry({ change: 'old', at: '2026-02-20T00:00:00.000Z', previous: '', hash: '1' }),
      entry({
        ...{ change: 'c7', at: '2026-02-27T00:00:00.000Z', previous: '1', hash: '2' },
        ...{ verified: false, outcome: 'rolled back' },
      }),
      entry({ previous: '2' }),
    ];
    world.environment = async () => ({ ...answered, ledger });
    const { past } = await boardOver(world).source.current();
    const brief = past.map(({ change, word, by, isDone, hasHeld }) => ({ change, word, by, isDone, hasHeld }));
    const by = 'release-owner@example.com';
    expect(brief).toEqual([
      { change: 'c1', word: 'completed', by, isDone: true, hasHeld: true },
      { change: 'cx', word: 'Rejected', by: '', isDone: false, hasHeld: false },
      { change: 'c7', word: 'not verified', by, isDone: false, hasHeld: true },
    ]);
  });
});

describe('the looks at the platform', () => {
  const place = { service: 'shop', environment: 'production' };
  const report = serving('a'.repeat(40), 'sha256:a');

  function looksWith(start: (id: string | undefined) => Promise<{ workflowId: string; runId: string }>) {
    const time = { now: 0 };
    const started: (string | undefined)[] = [];
    const inputs: object[] = [];
    const looks = createPlatformLooks({
      slipway: {
        start: async (_type: unknown, input: object, id?: string) => {
          started.push(id);
          inputs.push(input);
          return { ...(await start(id)), workflowType: 'checkDrift', link: null };
        },
        end: async () => ({ type: 'Completed', message: '', result: { places: [report] } }),
      } as never,
      calmMs: 60_000,
      clock: () => time.now,
    });
    return { looks, time, started, inputs };
  }
  const begins = async (id = '') => ({ workflowId: id, runId: 'r' });

  it('ask seldom while nothing moves, soon when something has, and never twice at once', async () => {
    const { looks, time, started, inputs } = looksWith(begins);
    const ask = async (moved: string, afterMs: number): Promise<number> => {
      time.now += afterMs;
      looks.refresh({ ...place, link: null } as never, moved);
      looks.refresh(place, moved);
      await looks.settled();
      return started.length;
    };
    expect(await ask('free', 0)).toBe(1);
    expect(looks.answerOf(place)).toEqual({ at: new Date(0).toISOString(), answer: report });
    expect(await ask('free', 59_999)).toBe(1);
    expect(await ask('free', 1)).toBe(2);
    expect(await ask('held', 4_999)).toBe(2);
    expect(await ask('held', 1)).toBe(3);
    expect(await ask('held', 5_000)).toBe(3);
    expect(started[0]).toBe('drift-check/shop/production');
    expect(inputs[0]).toEqual(place);
  });

  it('join a check that is under way already', async () => {
    const { looks } = looksWith(async (id = '') => {
      throw new RunExists(id);
    });
    looks.refresh(place, '');
    await looks.settled();
    expect(looks.answerOf(place)?.answer).toEqual(report);
  });

  it('say why nobody knows what serves', async () => {
    const { looks } = looksWith(async () => {
      throw new Outage('Temporal: it is down', null);
    });
    looks.refresh(place, '');
    await eventually('an answer', async () => looks.answerOf(place) !== null);
    expect(looks.answerOf(place)?.answer).toBe('Temporal: it is down');
  });
});
