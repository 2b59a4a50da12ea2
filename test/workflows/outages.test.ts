import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { eventually } from '../until.ts';
import { failureOf, until, type ChangeHandle, type Start } from './harness.ts';
import {
  decide,
  deployOf,
  migrateOf,
  release,
  rollbackOf,
  statusOf,
  timelineOf,
  untilInStep,
  untilParked,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import {
  clusterTarget,
  commits,
  developer,
  failingSmoke,
  migration,
  noApprovals,
  targetEntry,
  World,
} from './world.ts';

/** Whatever the platform, its log is read by a gate of the bake. */
const logs = [{ name: 'errors', filter: 'severity>=ERROR', freshnessMinutes: 10, limit: 100 }];

/** Shortened: a run says after half a second what it waits for, and the platform is away for several of those. */
const standstillMs = 500;
const looks = 4;

const harness = openHarness();

type Method = string;
/** What of the platform is away from when on: a call that never comes through, or one whose answer is lost. */
type Outage = [step: string, method: Method, isLost?: 'applied, but the answer is lost'];

const entering: Outage[] = [
  ['plan', 'snapshot'],
  ['fence', 'stamp'],
  ['fence', 'stamp', 'applied, but the answer is lost'],
];
const migrating: Outage[] = [
  ['sync-job', 'syncMigration'],
  ['migrate', 'runMigration'],
  ['migrate', 'runMigration', 'applied, but the answer is lost'],
];
const rollingOut: Outage[] = [
  ...entering,
  ['stage', 'stage'],
  ['stage', 'stage', 'applied, but the answer is lost'],
  ...migrating,
  ['shift', 'shift'],
  ['shift', 'shift', 'applied, but the answer is lost'],
  ['bake', 'logs'],
  ['read-back', 'readBack'],
];
const flows: Record<string, Outage[]> = {
  deploy: [['preflight', 'commit'], ...rollingOut],
  promote: rollingOut,
  rollback: [
    ['plan', 'snapshot'],
    ['restore', 'restore'],
    ['restore', 'restore', 'applied, but the answer is lost'],
    ['read-back', 'readBack'],
  ],
  migrate: [...entering, ...migrating, ['read-back', 'readBack']],
};

const kubernetes = (name: string) => ({ ...clusterTarget, workload: { ...clusterTarget.workload, name } });
const targets: Record<string, (name: string) => CatalogEntry['settings']['target']> = {
  'Cloud Run': targetEntry,
  Kubernetes: kubernetes,
};

/** A place where the flow can begin, and whose platform it will meet. */
async function begin(
  start: Start,
  world: TrainWorld,
  flow: string,
): Promise<{ platform: World; go: () => Promise<ChangeHandle> }> {
  const { production } = world;
  if (flow !== 'deploy') await release(start, world);
  const input = { service: world.service, from: 'staging', to: 'production', requestedBy: developer };
  const starts: Record<string, () => Promise<ChangeHandle>> = {
    deploy: () => start('deploy', deployOf(world)),
    promote: () => start('promote', input),
    rollback: () => start('rollback', rollbackOf(world)),
    migrate: () => start('migrate', migrateOf(world)),
  };
  return { platform: flow === 'promote' ? production : world, go: starts[flow] ?? starts['deploy']! };
}

/** The status while the platform is away: it says so in each look, since when and what was tried last. */
async function expectSaidThroughout(run: ChangeHandle, step: string, method: Method): Promise<void> {
  // On a busy machine an earlier step may last as long as a look takes.
  const tried = `the platform: ${step} is tried again until it succeeds`;
  const first = await until(run, ({ waitingFor }) => waitingFor?.what.startsWith(tried) === true, 120_000);
  expect(first.waitingFor?.what).toContain(`UNAVAILABLE: ${method} has no answer`);
  const said: unknown[] = [];
  const end = Date.now() + looks * standstillMs;
  await eventually('the platform has been away for long', async () => {
    const { phase, waitingFor } = await statusOf(run);
    said.push(phase === 'parked' ? 'parked' : waitingFor?.kind);
    return Date.now() > end;
  });
  expect(new Set(said)).toEqual(new Set(['platform']));
}

/** `SLIPWAY_LONG=1` takes each platform away; the short form the first one. The workflows are the same. */
const platforms = Object.keys(targets).slice(0, process.env['SLIPWAY_LONG'] === undefined ? 1 : undefined);

describe.each(platforms)('a platform that is away, on %s', (kind) => {
  const targetOf = targets[kind] ?? targetEntry;

  it.each(Object.keys(flows))(
    'is waited out in each phase of a %s: it says so throughout, goes on by itself, and nothing is repeated',
    async (flow) => {
      const situations = (flows[flow] ?? []).map(async ([step, method, isLost]) => {
        const settings = { approvals: noApprovals, migration, logs };
        const world = new TrainWorld(
          { ...settings, target: targetOf('service') },
          { ...settings, target: targetOf('service-production') },
        );
        world.standstillMs = standstillMs;
        world.production.standstillMs = standstillMs;
        await harness.with(world, async (start) => {
          const { platform, go } = await begin(start, world, flow);
          const before = platform.writes.length;
          if (isLost) platform.loses.add(method);
          // A train has one log for all its places.
          const worlds = method === 'logs' ? [world, platform] : [platform];
          for (const one of worlds) one.away.add(method);
          const run = await go();
          await expectSaidThroughout(run, step, method);
          for (const one of worlds) one.away.clear();
          await run.result();
          const { waitingFor, steps } = await statusOf(run);
          expect(waitingFor).toBeNull();
          expect(steps.filter(({ state }) => state === 'parked' || state === 'failed')).toEqual([]);
          const made = platform.writes.slice(before).map(({ method: one, marker }) => `${one} of ${marker.step}`);
          expect(made).toEqual([...new Set(made)]);
          expect(platform.writes.slice(before).map(({ marker }) => marker.attempt)).toEqual(made.map(() => 1));
        });
      });
      await Promise.all(situations);
    },
    360_000,
  );
});

describe('a step that does not end', () => {
  it('is said to be waited for although nothing fails, and is not once it has ended', async () => {
    const world = new World({ approvals: noApprovals });
    world.standstillMs = standstillMs;
    const goOn = world.holdNext('stage');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { waitingFor, phase } = await untilWaitingFor(run, 'platform');
      expect(waitingFor).toMatchObject({ what: expect.stringMatching(/^the end of stage/), until: null });
      expect(phase).toBe('staging');
      goOn();
      await run.result();
      expect(await timelineOf(run)).toContain('stage is waited for no more');
    });
  });

  it('that says its end itself, such as a bake, is no wait for a platform', async () => {
    const bake = { seconds: 3, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1 };
    const world = new World({ approvals: noApprovals, bake });
    world.standstillMs = standstillMs;
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilInStep(run, 'bake');
      const kinds: unknown[] = [];
      await until(run, ({ steps, waitingFor }) => {
        const isBaking = steps.some(({ name, state }) => name === 'bake' && state === 'running');
        if (isBaking) kinds.push(waitingFor);
        return !isBaking;
      });
      await run.result();
      expect(new Set(kinds)).toEqual(new Set([null]));
    });
  });

  it('that waits for a quota says so, although it says its end itself', async () => {
    const bake = { seconds: 0, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1 };
    const world = new World({ approvals: noApprovals, bake, logs });
    world.standstillMs = standstillMs;
    let goOn = () => undefined as void;
    world.logQuota = new Promise<void>((resolve) => (goOn = resolve));
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { waitingFor } = await untilWaitingFor(run, 'platform');
      expect(waitingFor?.what).toBe('the platform: bake waits for the quota of reads of the log');
      goOn();
      await run.result();
      expect((await statusOf(run)).waitingFor).toBeNull();
    });
  });

  it('has no last try: whatever a change waits for the platform with is repeated without an end', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await failureOf(run);
      const { events } = await harness.client.workflow.getHandle(run.workflowId).fetchHistory();
      const limited = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
        scheduled?.retryPolicy?.maximumAttempts ? [scheduled.activityType?.name] : [],
      );
      // Why it failed is nice to know, and nothing waits for it.
      expect(limited.filter((name) => name !== 'diagnose')).toEqual([]);
    });
  });
});

describe('a promotion', () => {
  it('is not taken back, and holds nothing, because where it comes from does not answer before the shift', async () => {
    const world = new TrainWorld({ approvals: noApprovals }, { approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { platform, go } = await begin(start, world, 'promote');
      const goOn = platform.holdNext('stage');
      const run = await go();
      await untilInStep(run, 'stage');
      world.failNext('observe', 'Denied', 'run.services.get is denied');
      goOn();
      await untilParked(run, 'verified-before-shift');
      await decide(run, 'retry');
      await run.result();
      expect(platform.methods()).not.toContain('restore');
    });
  });
});

describe('a migration that a person has repeated', () => {
  it('is followed where nobody saw what became of it, and runs no second time', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.loses.add('runMigration');
      world.failNext('runMigration', 'Denied', 'run.executions.get is denied');
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'migrate');
      world.loses.clear();
      await decide(run, 'retry');
      await run.result();
      expect(world.methods().filter((method) => method === 'runMigration')).toHaveLength(1);
      expect(world.live.serving).toMatchObject([{ commit: commits.good }]);
    });
  });

  it('is synced again first, since the platform may have moved the state of its job', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('runMigration', 'Unknown', 'somebody changed the job');
      const run = await start('deploy', deployOf(world));
      await untilParked(run, 'migrate');
      await decide(run, 'retry');
      await run.result();
      expect(world.methods().slice(1, 5)).toEqual(['stage', 'syncMigration', 'syncMigration', 'runMigration']);
    });
  });
});
