import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RefusedSummary } from '../../contract/status.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { createHarness, logErrorsOnly, startTemporal, until } from './harness.ts';
import type { ChangeHandle, Harness, Start } from './harness.ts';
import { TrainWorld } from './train.ts';
import { commits, developer, owner } from './world.ts';

/**
 * Every message between our own runs, in every odd form, to every kind of run, in several of its phases, by somebody
 * who only has a Temporal client. What a run hears is refused and shows in its status; what it does not know is
 * dropped by its worker (a signal) or refused there (an update). Each run ends as it would have without them.
 */

const signals = ['granted', 'preempt', 'frozen', 'reported'] as const;
const updates = ['join', 'leave'] as const;

/** Messages that each kind of run hears. */
const heard = {
  change: ['granted', 'preempt', 'frozen'],
  release: ['reported'],
  environment: ['join', 'leave'],
} as const;

const nobody = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const someone = {
  required: [{ role: 'release-owner', count: 1 }],
  rollback: [{ role: 'release-owner', count: 1 }],
  requesterMayApprove: false,
  expiresAfterMinutes: 5,
};

interface Reached {
  run: WorkflowHandle;
  /** The environment that a forger would name. */
  environment: string;
  /** Lets the run go on, and says how it ends. */
  end: () => Promise<string>;
}
type Place = 'staging' | 'production';
interface Situation {
  kind: keyof typeof heard;
  world: () => TrainWorld;
  reach: (start: Start, world: TrainWorld, client: TestWorkflowEnvironment['client']) => Promise<Reached>;
  ends: string;
}

const approve = (run: WorkflowHandle) => run.executeUpdate('approve', { args: [{ by: owner }] });
const retry = (run: WorkflowHandle) => run.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] });
const outcomeOf = async (run: ChangeHandle) => (await run.result()).outcome;
const waitsFor = (run: ChangeHandle, kind: string) => until(run, ({ waitingFor }) => waitingFor?.kind === kind);
const parked = (run: ChangeHandle) => until(run, ({ phase }) => phase === 'parked');

const inputOf = {
  deploy: ({ service }: TrainWorld) => ({
    service,
    environment: 'staging',
    commit: commits.good,
    requestedBy: developer,
  }),
  promote: ({ service }: TrainWorld) => ({ service, from: 'staging', to: 'production', requestedBy: developer }),
  rollback: ({ service }: TrainWorld) => ({
    service,
    environment: 'staging',
    requestedBy: developer,
    reason: 'errors',
  }),
  migrate: ({ service }: TrainWorld) => ({ service, environment: 'staging', requestedBy: developer }),
  release: ({ service }: TrainWorld) => ({ service, commit: commits.good, requestedBy: developer }),
};
type Kind = keyof typeof inputOf;
const placeOf = (kind: Kind): Place => (kind === 'promote' ? 'production' : 'staging');
const free = () => new TrainWorld({ approvals: nobody }, { approvals: nobody });

/** What has to be there before a run of this kind makes sense. */
async function prepared(start: Start, world: TrainWorld, kind: Kind): Promise<void> {
  if (kind === 'deploy' || kind === 'release') return;
  await (await start('deploy', inputOf.deploy(world))).result();
}

function reached(world: TrainWorld, kind: Kind, run: ChangeHandle, end: () => Promise<string>): Reached {
  return { run, environment: environmentWorkflowId(world.service, placeOf(kind)), end };
}

/** Waits for people. */
const approval = (kind: 'deploy' | 'promote' | 'rollback', ends: string): Situation => ({
  kind: 'change',
  world: free,
  ends,
  reach: async (start, world) => {
    await prepared(start, world, kind);
    const settings = kind === 'promote' ? world.production.entry.settings : world.entry.settings;
    settings.approvals = someone;
    const run = await start(kind, inputOf[kind](world));
    await waitsFor(run, 'approval');
    return reached(world, kind, run, async () => {
      await approve(run);
      return outcomeOf(run);
    });
  },
});

/** Waits in the queue behind a run that is parked and does not yield. */
const queued = (kind: 'deploy' | 'rollback' | 'migrate', ends: string): Situation => ({
  kind: 'change',
  world: free,
  ends,
  reach: async (start, world) => {
    await (await start('deploy', inputOf.deploy(world))).result();
    world.failNext('restore', 'Unknown', 'nobody knows');
    const first = await start('rollback', inputOf.rollback(world));
    await parked(first);
    const run = await start(
      kind,
      kind === 'rollback' ? { ...inputOf.rollback(world), to: 'service-1' } : inputOf[kind](world),
    );
    await waitsFor(run, 'queue');
    return reached(world, kind, run, async () => {
      await retry(first);
      await first.result();
      return outcomeOf(run).catch((error: unknown) => String((error as Error).cause));
    });
  },
});

/** Holds the environment, parked at a step. */
const holding = (kind: Exclude<Kind, 'release'>, method: string, ends: string): Situation => ({
  kind: 'change',
  world: free,
  ends,
  reach: async (start, world) => {
    await prepared(start, world, kind);
    (placeOf(kind) === 'production' ? world.production : world).failNext(method, 'Unknown', 'nobody knows');
    const run = await start(kind, inputOf[kind](world));
    await parked(run);
    return reached(world, kind, run, async () => {
      await retry(run);
      return outcomeOf(run);
    });
  },
});

/** Users see its candidate already. */
const shifted: Situation = {
  kind: 'change',
  world: free,
  ends: 'released',
  reach: async (start, world) => {
    const reads = world.holdNext('readBack');
    const run = await start('deploy', inputOf.deploy(world));
    await until(run, ({ steps }) => steps.some(({ name, state }) => name === 'read-back' && state === 'running'));
    return reached(world, 'deploy', run, async () => {
      reads();
      return outcomeOf(run);
    });
  },
};

const releaseAt = (stop: Place): Situation => ({
  kind: 'release',
  world: () => new TrainWorld({ approvals: stop === 'staging' ? someone : nobody }, { approvals: someone }),
  ends: 'to staging and production',
  reach: async (start, world) => {
    const run = await start('release', inputOf.release(world));
    const waitsAt = (place: Place) => until(run, ({ waitingFor }) => waitingFor?.child?.endsWith(`/${place}`) === true);
    await waitsAt(stop);
    return reached(world, 'release', run, async () => {
      await approve(run);
      if (stop === 'staging') {
        await waitsAt('production');
        await approve(run);
      }
      return outcomeOf(run);
    });
  },
});

/** An environment does not end: what counts is that the next deploy is released there. */
const environmentThat = (
  world: () => TrainWorld,
  prepare: (run: WorkflowHandle, start: Start, world: TrainWorld) => Promise<() => Promise<unknown>>,
): Situation => ({
  kind: 'environment',
  world,
  ends: 'released',
  reach: async (start, situated, client) => {
    await (await start('deploy', inputOf.deploy(situated))).result();
    const environment = environmentWorkflowId(situated.service, 'staging');
    const run = client.workflow.getHandle(environment);
    const goOn = await prepare(run, start, situated);
    return {
      run,
      environment,
      end: async () => {
        await goOn();
        return outcomeOf(await start('deploy', inputOf.deploy(situated)));
      },
    };
  },
});
const tell = (run: WorkflowHandle, name: string) =>
  run.executeUpdate(name, { args: [{ by: owner, reason: 'a test' }] });

const isFree = environmentThat(free, async () => async () => undefined);
const isFrozen = environmentThat(free, async (run) => {
  await tell(run, 'freeze');
  return () => tell(run, 'unfreeze');
});
const isHeld = environmentThat(free, async (_run, start, world) => {
  world.failNext('stage', 'Unknown', 'nobody knows');
  const holder = await start('deploy', inputOf.deploy(world));
  await parked(holder);
  return async () => {
    await retry(holder);
    await holder.result();
  };
});
const isParked = environmentThat(free, async (run, start, world) => {
  world.failNext('stage', 'Unknown', 'nobody knows');
  const holder = await start('deploy', inputOf.deploy(world));
  await parked(holder);
  world.failNext('pendingWork', 'Denied', 'credentials were revoked');
  await holder.terminate('by a test');
  await expect
    .poll(async () => (await run.query<{ phase: string }>('status')).phase, { timeout: 10_000 })
    .toBe('parked');
  return () => retry(run);
});

const situations: [string, Situation][] = [
  ['a deploy that waits for approval', approval('deploy', 'released')],
  ['a deploy that waits in the queue', queued('deploy', 'on hold')],
  ['a deploy that is parked before the shift', holding('deploy', 'stage', 'released')],
  ['a deploy that users see already', shifted],
  ['a promotion that waits for approval', approval('promote', 'released')],
  ['a promotion that is parked in its shift', holding('promote', 'shift', 'released')],
  ['a rollback that waits for approval', approval('rollback', 'rolled back to service-1')],
  ['a rollback that waits in the queue', queued('rollback', 'rolled back to service-1')],
  ['a rollback that is parked in its restore', holding('rollback', 'restore', 'rolled back to service-1')],
  ['a migration that waits in the queue', queued('migrate', 'migrated')],
  ['a migration that is parked before its job', holding('migrate', 'syncMigration', 'migrated')],
  ['a release whose first stop waits', releaseAt('staging')],
  ['a release whose second stop waits', releaseAt('production')],
  ['an environment that is free', isFree],
  ['an environment that is frozen', isFrozen],
  ['an environment that is held', isHeld],
  ['an environment that is parked', isParked],
];

describe('messages between runs, forged', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  /** As our own runs would ring, but that nothing of it is true. */
  const forged = (name: string, environment: string) =>
    name === 'reported'
      ? { workflowId: `ghost-${randomUUID()}` }
      : name === 'join' || name === 'leave'
        ? { workflowId: 'ghost', firstExecutionRunId: randomUUID() }
        : { environment };
  const payloads = (name: string, environment: string): unknown[][] => [
    [],
    [null],
    ['x'],
    [[]],
    [{}],
    [forged(name, environment)],
  ];

  async function answerOf(run: WorkflowHandle, name: string, args: unknown[]): Promise<string> {
    try {
      await run.executeUpdate(name, { args: args as [unknown] });
      return 'accepted';
    } catch (error) {
      const { cause } = error as { cause?: { type?: string | null } };
      return cause?.type === 'Refused' ? 'Refused' : 'not known';
    }
  }

  it.each(situations)('to %s', async (_name, { kind, world: makeWorld, reach, ends }) => {
    const world = makeWorld();
    await harness.with(world, async (start) => {
      const { run, environment, end } = await reach(start, world, harness.client);
      const refused = async () => (await run.query<{ refused: RefusedSummary }>('status')).refused;
      const hears = (name: string) => heard[kind].some((one) => one === name);
      expect((await refused()).count).toBe(0);
      for (const name of signals)
        for (const args of payloads(name, environment)) await run.signal(name, ...(args as [unknown]));
      for (const name of updates)
        for (const args of payloads(name, environment))
          expect(await answerOf(run, name, args)).toBe(hears(name) ? 'Refused' : 'not known');
      const expected = heard[kind].flatMap((name) => payloads(name, environment).map(() => name as string));
      await expect.poll(async () => (await refused()).count, { timeout: 10_000 }).toBe(expected.length);
      expect((await refused()).last.map(({ message }) => message).sort()).toEqual(expected.sort());
      expect(await end()).toContain(ends);
    });
  });
});
