import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { expectFailure } from '../expect-failure.ts';
import { failureOf } from './harness.ts';
import {
  changeOf,
  decide,
  deployOf,
  migrateOf,
  release,
  rollbackOf,
  startAndApprove,
  statusOf,
  timelineOf,
  untilInStep,
  untilParked,
  untilToldOfRollback,
} from './runs.ts';
import { openHarness } from './stage.ts';
import {
  artifactOf,
  commits,
  dataOwner,
  incompatible,
  logEntry,
  migration,
  noApprovals,
  targetEntry,
  World,
} from './world.ts';

const harness = openHarness();

const target: CatalogEntry['settings']['target'] = {
  kind: 'kubernetes',
  namespace: 'runtime',
  overlay: 'deploy/k8s/overlays/prod',
  workload: { kind: 'StatefulSet', name: 'runtime' },
  url: 'http://runtime.example',
};
const { when: _when, ...whereThePlatformWants } = migration;
const gate: CatalogEntry['settings']['postDeployGate'] = {
  smoke: {
    command: ['smoke'],
    args: [],
    variables: { BASE_URL: '{url}', COMMIT: '{commit}' },
    timeoutSeconds: 60,
  },
};
const nothingPending = ['nothing is pending'];

function openWorld(changes: Partial<CatalogEntry['settings']> = {}): World {
  const world = new World({
    approvals: noApprovals,
    target,
    migration: whereThePlatformWants,
    postDeployGate: gate,
    ...changes,
  });
  world.logEntries = [logEntry('migrations: nothing is pending'), logEntry('Container called exit(0).')];
  return world;
}

const applied = ['stamp', 'syncMigration', 'runMigration', 'stage', 'shift'];
const gateJobs = ['syncMigration', 'runMigration', 'syncSmoke', 'runSmoke'];

/** Migration and smoke as jobs, after the roll-out and before it counts as done (runbook 001, section 6). */
describe('a deploy to an environment with a post-deploy gate', () => {
  it('repeats the migration, then smokes as a job: after the smoke of what is live, before the bake', async () => {
    const world = openWorld();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await run.result()).postDeployGate).toEqual({
        migration: 'service-migrate-gate-migration',
        smoke: 'service-smoke-gate-smoke',
      });
      expect(world.methods()).toEqual([...applied, ...gateJobs]);
      const { steps } = await run.query<Plan>(queryNames.plan);
      expect(steps.slice(steps.indexOf('shift'))).toEqual([
        ...['shift', 'smoke-live', 'gate-migration', 'gate-smoke', 'bake', 'read-back', 'ledger'],
      ]);
      expect(world.smokeVariables).toEqual({ BASE_URL: world.url, COMMIT: commits.good });
    });
  });

  it('shows both with what they said, and keeps the end of their logs in the timeline', async () => {
    const world = openWorld({ postDeployGate: { ...gate, nothingPending } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await run.result();
      const { steps } = await statusOf(run);
      expect(steps.find(({ name }) => name === 'gate-migration')).toMatchObject({
        state: 'passed',
        detail: 'service-migrate-gate-migration succeeded: migrations: nothing is pending',
      });
      expect(steps.find(({ name }) => name === 'gate-smoke')?.detail).toContain('service-smoke-gate-smoke succeeded');
      const lines = await timelineOf(run);
      expect(lines).toContain('gate-migration: migrations: nothing is pending');
      expect(lines).toContain('gate-smoke: migrations: nothing is pending');
    });
  });

  it('goes back and is on hold when the smoke job fails, and is not known as good', async () => {
    const world = openWorld();
    world.smokeOutcomes.push('failed');
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'RolledBack', 'the smoke job failed: service-smoke');
      expect(world.methods()).toEqual([...applied, ...gateJobs, 'restore']);
      expect(world.live.serving).toMatchObject([{ revision: 'service-1' }]);
      const { holds, ledger } = await harness.environmentStatus(world);
      expect(holds).toMatchObject([{ commit: commits.good }]);
      expect(ledger.at(-1)).toMatchObject({ verified: false });
    });
  });

  it('goes back when the repeated migration fails, and smokes no more', async () => {
    const world = openWorld();
    world.migrationOutcomes.push('succeeded', 'failed');
    await harness.with(world, async (start) => {
      const why = 'the repeated migration failed: service-migrate-gate-migration failed';
      await expectFailure(await start('deploy', deployOf(world)), 'RolledBack', why);
      expect(world.methods()).toEqual([...applied, 'syncMigration', 'runMigration', 'restore']);
    });
  });

  it('goes back when the repeated migration found something to do', async () => {
    const world = openWorld({ postDeployGate: { ...gate, nothingPending } });
    world.logEntries = [logEntry('migrations: 1 pending'), logEntry('Container called exit(0).')];
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'RolledBack', 'it found something left to do');
    });
  });

  it('asks the data owner when it fails after an incompatible migration', async () => {
    const world = openWorld();
    world.migrations.set(commits.good, [incompatible]);
    world.smokeOutcomes.push('failed');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world, dataOwner);
      const { waitingFor } = await untilParked(run, 'gate-smoke');
      expect(waitingFor?.what).toContain('the smoke job failed');
      await decide(run, 'retry', { by: dataOwner });
      await run.result();
      expect(world.writes.filter(({ method }) => method === 'runSmoke').map(({ marker }) => marker.attempt)).toEqual([
        1, 2,
      ]);
    });
  });

  it('parks when a log that must say so does not arrive, and repeats both writes on retry', async () => {
    const cloudRun = { ...targetEntry('service'), smokeJob: 'service-smoke' };
    const world = openWorld({ target: cloudRun, postDeployGate: { ...gate, nothingPending } });
    world.logEntries = [];
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await untilParked(run, 'gate-migration')).waitingFor?.what).toContain('the log is not whole yet');
      world.logEntries = [logEntry('nothing is pending')];
      await decide(run, 'retry');
      await run.result();
      const markers = world.writes.flatMap(({ marker }) => (marker.step === 'gate-migration' ? [marker.attempt] : []));
      expect(markers).toEqual([1, 1, 2, 2]);
    });
  });

  it('repeats a call that got no answer under the same marker, so that the platform finds its work', async () => {
    const world = openWorld();
    world.failures.set('runSmoke', [new Error('connection lost')]);
    await harness.with(world, async (start) => {
      await release(start, world);
      const smokes = world.writes.filter(({ marker }) => marker.step === 'gate-smoke');
      expect(smokes.map(({ method, marker }) => `${method} ${marker.attempt}`)).toEqual(['syncSmoke 1', 'runSmoke 1']);
    });
  });

  it('repeats the older command where that was the one that has run', async () => {
    const fallback = { command: ['old-migrate'], args: [], signature: ['no such command'] };
    const world = openWorld({ migration: { ...whereThePlatformWants, fallback } });
    world.migrationOutcomes.push('failed');
    world.logEntries = [logEntry('no such command'), logEntry('Container called exit(1).')];
    await harness.with(world, async (start) => {
      await release(start, world);
      expect(world.commands).toEqual(['migrate', 'old-migrate', 'old-migrate', 'smoke']);
    });
  });

  it('yields to a rollback only when the repeated migration has ended', async () => {
    const world = openWorld();
    await harness.with(world, async (start) => {
      const goOn = world.holdNth('runMigration', 2);
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'gate-migration');
      const rollback = await start('rollback', rollbackOf(world));
      await untilToldOfRollback(deploy);
      expect((await statusOf(deploy)).outcome).toBeNull();
      goOn();
      await expectFailure(deploy, 'Preempted');
      await rollback.result();
      expect(world.changesThat('runSmoke')).toEqual([]);
      expect(world.live.serving).toMatchObject([{ revision: 'service-1' }]);
    });
  });

  it('without a migration only smokes', async () => {
    const world = openWorld({ migration: undefined });
    await harness.with(world, async (start) => {
      const { postDeployGate } = await release(start, world);
      expect(postDeployGate).toEqual({ migration: null, smoke: 'service-smoke-gate-smoke' });
      expect(world.methods()).toEqual(['stamp', 'stage', 'shift', 'syncSmoke', 'runSmoke']);
    });
  });
});

describe('a migrate of an environment with a post-deploy gate', () => {
  it('is the gate run again: one migration, then the smoke as a job', async () => {
    const world = openWorld();
    await harness.with(world, async (start) => {
      const run = await start('migrate', migrateOf(world));
      await run.result();
      expect(world.methods(await changeOf(run))).toEqual(['stamp', ...gateJobs]);
      expect((await run.query<Plan>(queryNames.plan)).steps.slice(4)).toEqual([
        ...['sync-job', 'migrate', 'smoke-live', 'gate-smoke', 'read-back', 'ledger'],
      ]);
    });
  });

  it('leaves what serves when the smoke job fails, and says so', async () => {
    const world = openWorld();
    world.smokeOutcomes.push('failed');
    await harness.with(world, async (start) => {
      const failure = await failureOf(await start('migrate', migrateOf(world)));
      expect(failure).toMatchObject({ type: 'Aborted', message: expect.stringContaining('the smoke job failed') });
      expect(world.methods()).not.toContain('restore');
    });
  });

  it('takes the image of what serves where the catalog has no build', async () => {
    const world = openWorld();
    const { image } = artifactOf(commits.old);
    world.entry.build = null;
    world.live = { ...world.live, serving: world.live.serving.map((one) => ({ ...one, image })) };
    await harness.with(world, async (start) => {
      const run = await start('migrate', migrateOf(world));
      await run.result();
      expect(world.live.job?.image).toBe(image);
      const { artifact, live } = await run.query<Plan>(queryNames.plan);
      expect(artifact.image).toBe(image);
      expect(live.serving[0]).not.toHaveProperty('image');
    });
  });
});
