import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { until, type ChangeHandle, type Start } from './harness.ts';
import { TrainWorld } from './train.ts';
import { commits, developer, owner } from './world.ts';

/** Runs of every kind, in several of their phases, each with what lets it go on and how it ends then. */

/** Messages that each kind of run hears. */
export const heard = {
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

export interface Reached {
  run: WorkflowHandle;
  /** The environment that a forger would name. */
  environment: string;
  /** Lets the run go on, and says how it ends. */
  end: () => Promise<string>;
}
type Place = 'staging' | 'production';
export interface Situation {
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
  // A holder is looked at when somebody waits for it.
  const waiting = await start('deploy', inputOf.deploy(world));
  await expect
    .poll(async () => (await run.query<{ phase: string }>('status')).phase, { timeout: 10_000 })
    .toBe('parked');
  return async () => {
    await retry(run);
    await waiting.result();
  };
});

export const situations: [string, Situation][] = [
  ['a deploy that waits for approval', approval('deploy', 'released')],
  ['a deploy that waits in the queue', queued('deploy', 'on hold')],
  ['a deploy that is parked before the shift', holding('deploy', 'stage', 'released')],
  ['a deploy that users see already', shifted],
  ['a promotion that waits for approval', approval('promote', 'released')],
  ['a promotion that is parked in its shift', holding('promote', 'shift', 'released')],
  [
    'a rollback that waits for approval',
    approval('rollback', 'rolled back to commit aaaaaaaaaaaa (revision service-1'),
  ],
  ['a rollback that waits in the queue', queued('rollback', 'rolled back to commit aaaaaaaaaaaa (revision service-1')],
  [
    'a rollback that is parked in its restore',
    holding('rollback', 'restore', 'rolled back to commit aaaaaaaaaaaa (revision service-1'),
  ],
  ['a migration that waits in the queue', queued('migrate', 'migrated')],
  ['a migration that is parked before its job', holding('migrate', 'syncMigration', 'migrated')],
  ['a release whose first stop waits', releaseAt('staging')],
  ['a release whose second stop waits', releaseAt('production')],
  ['an environment that is free', isFree],
  ['an environment that is frozen', isFrozen],
  ['an environment that is held', isHeld],
  ['an environment that is parked', isParked],
];
