import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { WriteSwitch } from '../../contract/catalog/write-switch.ts';
import type { DecideAction } from '../../contract/messages.ts';
import type { ChangeHandle } from '../workflows/harness.ts';
import {
  approve,
  changeOf,
  decide,
  deployOf,
  migrateOf,
  release,
  rollbackOf,
  startAndApprove,
  untilInStep,
  untilParked,
  untilWaitingFor,
} from '../workflows/runs.ts';
import { commits, dataOwner, failingSmoke, incompatible, migration, noApprovals, World } from '../workflows/world.ts';
import { ended, type Shape, type Stage } from './shape.ts';

const switching = (frozen: boolean): WriteSwitch['freeze'] => ({
  method: 'PUT',
  path: '/writes',
  body: { frozen },
  timeoutSeconds: 5,
});
const writeSwitch: WriteSwitch = {
  freeze: switching(true),
  thaw: switching(false),
  check: { path: '/writes', timeoutSeconds: 5, pointer: '/frozen', frozen: true, thawed: false },
};

const plain = () => new World({ approvals: noApprovals });
const smoke: CatalogEntry['settings']['smoke'] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 },
  { name: 'write', method: 'POST', path: '/runs', body: {}, status: [200], timeoutSeconds: 5 },
];
const switched = () => new World({ approvals: noApprovals, writeSwitch, smoke });
const back = ({ world, start }: Stage, changes: object = {}) => start('rollback', rollbackOf(world, changes));
/** The data owner decides, with evidence. */
const ownerDecides = (run: ChangeHandle, action: DecideAction) =>
  decide(run, action, { by: dataOwner, evidence: 'done by hand, checked' });

/** Ways of a rollback, of what it meets, and of `migrate` (ADR 0016, 0022, 0023). */
export const rollbackShapes: readonly Shape[] = [
  {
    names: ['rollback-released-again', 'rollback-serves-already', 'rollback-nowhere'],
    world: plain,
    play: async (stage) => {
      await release(stage.start, stage.world);
      stage.world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      const run = await back(stage);
      await ended(run, 'rollback-released-again', stage.keep);
      await ended(await back(stage, { to: await changeOf(run) }), 'rollback-serves-already', stage.keep);
      await ended(await back(stage), 'rollback-nowhere', stage.keep);
    },
  },
  {
    names: ['rollback-released-again-fails'],
    world: plain,
    play: async (stage) => {
      await release(stage.start, stage.world);
      stage.world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      stage.world.entry.settings.smoke = failingSmoke;
      await ended(await back(stage), 'rollback-released-again-fails', stage.keep);
    },
  },
  {
    names: ['rollback-switches-writes', 'rollback-thaws-when-given-up'],
    world: switched,
    play: async (stage) => {
      await releaseIncompatible(stage);
      const givenUp = await untilSchemaIsAsked(stage);
      await ownerDecides(givenUp, 'abort');
      await ended(givenUp, 'rollback-thaws-when-given-up', stage.keep);
      const run = await untilSchemaIsAsked(stage);
      await ownerDecides(run, 'markDone');
      await ended(run, 'rollback-switches-writes', stage.keep);
    },
  },
  {
    names: ['rollback-leaves-writes-frozen'],
    world: switched,
    play: async (stage) => {
      await releaseIncompatible(stage);
      stage.world.failNext('restore', 'BadRequest', 'the platform refuses');
      const run = await untilSchemaIsAsked(stage);
      await ownerDecides(run, 'markDone');
      await ended(run, 'rollback-leaves-writes-frozen', stage.keep);
    },
  },
  {
    names: ['deploy-hands-unknown-migration-over', 'rollback-of-unknown-migration'],
    world: plain,
    play: async (stage) => {
      stage.world.failNext('runMigration', 'Unknown', 'no execution is to be seen');
      const deploy = await stage.start('deploy', deployOf(stage.world));
      await untilParked(deploy, 'migrate');
      const run = await back(stage);
      await ended(deploy, 'deploy-hands-unknown-migration-over', stage.keep);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'markDone');
      await ended(run, 'rollback-of-unknown-migration', stage.keep);
    },
  },
  {
    names: ['deploy-migration-hangs-for-rollback'],
    world: () =>
      new World({
        approvals: noApprovals,
        migration: { ...migration, timeoutSeconds: 1 },
      }),
    play: async (stage) => {
      stage.world.holdNext('runMigration');
      const deploy = await stage.start('deploy', deployOf(stage.world));
      await untilInStep(deploy, 'migrate');
      const run = await back(stage);
      await ended(deploy, 'deploy-migration-hangs-for-rollback', stage.keep);
      await untilParked(run, 'schema');
      await ownerDecides(run, 'markDone');
      await run.result();
    },
  },
  {
    names: ['migrate-parked-and-retried', 'migrate-preempted'],
    world: () =>
      new World({
        approvals: noApprovals,
        migration: { ...migration, timeoutSeconds: 5 },
      }),
    play: async (stage) => {
      await release(stage.start, stage.world);
      stage.world.migrations.set(commits.good, [incompatible]);
      stage.world.migrationOutcomes.push('failed');
      const run = await stage.start('migrate', migrateOf(stage.world));
      await untilParked(run, 'migrate');
      await ownerDecides(run, 'retry');
      await ended(run, 'migrate-parked-and-retried', stage.keep);
      stage.world.migrations.clear();
      const goOn = stage.world.holdNext('runMigration');
      const other = await stage.start('migrate', migrateOf(stage.world));
      await untilInStep(other, 'migrate');
      const rollback = await back(stage);
      await untilWaitingFor(rollback, 'queue');
      goOn();
      await ended(other, 'migrate-preempted', stage.keep);
      await rollback.result();
    },
  },
];

/** Releases an incompatible migration. */
async function releaseIncompatible({ world, start }: Stage): Promise<void> {
  world.migrations.set(commits.good, [incompatible]);
  await (await startAndApprove(start, world, dataOwner)).result();
}

/** Starts a rollback across it, as far as the data owner's decision. */
async function untilSchemaIsAsked(stage: Stage): Promise<ChangeHandle> {
  const run = await back(stage, { schemaVersion: '0_before_rename' });
  await approve(run, dataOwner);
  await untilParked(run, 'schema');
  return run;
}
