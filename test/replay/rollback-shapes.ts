import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { WriteSwitch } from '../../contract/catalog/write-switch.ts';
import { messageNames } from '../../contract/messages.ts';
import { until, type ChangeHandle } from '../workflows/harness.ts';
import { commits, developer, owner, World } from '../workflows/world.ts';
import { ended, type Shape, type Stage } from './shapes.ts';

const approvals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const dataOwner = 'data-owner@example.com';
const incompatible = [{ name: '1_rename.sql', compatibility: 'incompatible' as const }];
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

const plain = () => new World({ approvals });
const smoke: CatalogEntry['settings']['smoke'] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 },
  { name: 'write', method: 'POST', path: '/runs', body: {}, status: [200], timeoutSeconds: 5 },
];
const switched = () => new World({ approvals, writeSwitch, smoke });
const place = ({ world }: Stage) => ({ service: world.service, environment: 'staging' });
const back = (stage: Stage, changes: object = {}) =>
  stage.start('rollback', { ...place(stage), requestedBy: owner, reason: 'errors', ...changes });
const inStep = (run: ChangeHandle, step: string, state: string) =>
  until(run, ({ steps }) => steps.some((one) => one.name === step && one.state === state));
const decide = (run: ChangeHandle, action: string) =>
  run.executeUpdate(messageNames.decide, { args: [{ action, by: dataOwner, evidence: 'done by hand, checked' }] });

/** Ways of a rollback, of what it meets, and of `migrate` (ADR 0016, 0022, 0023). */
export const rollbackShapes: readonly Shape[] = [
  {
    names: ['rollback-released-again', 'rollback-serves-already', 'rollback-nowhere'],
    world: plain,
    play: async (stage) => {
      await (await stage.start('deploy', stage.input())).result();
      stage.world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      const { change } = await result(await back(stage), 'rollback-released-again', stage);
      await ended(await back(stage, { to: change }), 'rollback-serves-already', stage.keep);
      await ended(await back(stage), 'rollback-nowhere', stage.keep);
    },
  },
  {
    names: ['rollback-switches-writes', 'rollback-thaws-when-given-up'],
    world: switched,
    play: async (stage) => {
      await crossed(stage);
      const given = await asked(stage);
      await decide(given, 'abort');
      await ended(given, 'rollback-thaws-when-given-up', stage.keep);
      const run = await asked(stage);
      await decide(run, 'markDone');
      await ended(run, 'rollback-switches-writes', stage.keep);
    },
  },
  {
    names: ['rollback-leaves-writes-frozen'],
    world: switched,
    play: async (stage) => {
      await crossed(stage);
      stage.world.failNext('restore', 'BadRequest', 'the platform refuses');
      const run = await asked(stage);
      await decide(run, 'markDone');
      await ended(run, 'rollback-leaves-writes-frozen', stage.keep);
    },
  },
  {
    names: ['deploy-hands-unknown-migration-over', 'rollback-of-unknown-migration'],
    world: plain,
    play: async (stage) => {
      stage.world.failNext('runMigration', 'Unknown', 'no execution is to be seen');
      const deploy = await stage.start('deploy', stage.input());
      await inStep(deploy, 'migrate', 'parked');
      const run = await back(stage);
      await ended(deploy, 'deploy-hands-unknown-migration-over', stage.keep);
      await inStep(run, 'schema', 'parked');
      await decide(run, 'markDone');
      await ended(run, 'rollback-of-unknown-migration', stage.keep);
    },
  },
  {
    names: ['deploy-migration-hangs-for-rollback'],
    world: () =>
      new World({
        approvals,
        migration: {
          directory: 'migrations',
          when: 'afterStage',
          command: ['migrate'],
          args: [],
          timeoutSeconds: 1,
          settlesWithinSeconds: 1,
        },
      }),
    play: async (stage) => {
      stage.world.holdNext('runMigration');
      const deploy = await stage.start('deploy', stage.input());
      await inStep(deploy, 'migrate', 'running');
      const run = await back(stage);
      await ended(deploy, 'deploy-migration-hangs-for-rollback', stage.keep);
      await inStep(run, 'schema', 'parked');
      await decide(run, 'markDone');
      await run.result();
    },
  },
  {
    names: ['migrate-parked-and-retried', 'migrate-preempted'],
    world: () =>
      new World({
        approvals,
        migration: { directory: 'migrations', when: 'afterStage', command: ['migrate'], args: [], timeoutSeconds: 5 },
      }),
    play: async (stage) => {
      await (await stage.start('deploy', stage.input())).result();
      stage.world.migrations.set(commits.good, incompatible);
      stage.world.migrationOutcomes.push('failed');
      const run = await stage.start('migrate', { ...place(stage), requestedBy: developer });
      await inStep(run, 'migrate', 'parked');
      await decide(run, 'retry');
      await ended(run, 'migrate-parked-and-retried', stage.keep);
      stage.world.migrations.clear();
      const goOn = stage.world.holdNext('runMigration');
      const other = await stage.start('migrate', { ...place(stage), requestedBy: developer });
      await inStep(other, 'migrate', 'running');
      const rollback = await back(stage);
      await until(rollback, ({ waitingFor }) => waitingFor?.kind === 'queue');
      goOn();
      await ended(other, 'migrate-preempted', stage.keep);
      await rollback.result();
    },
  },
];

async function result(run: ChangeHandle, name: string, { keep }: Stage): ReturnType<ChangeHandle['result']> {
  const known = await run.result();
  keep(name, run.workflowId);
  return known;
}

/** An incompatible migration was released. */
async function crossed({ world, start, input }: Stage): Promise<void> {
  world.migrations.set(commits.good, incompatible);
  const deploy = await start('deploy', input());
  await until(deploy, ({ waitingFor }) => waitingFor?.kind === 'approval');
  await deploy.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
  await deploy.result();
}

/** A rollback across it, as far as the data owner's decision. */
async function asked(stage: Stage): Promise<ChangeHandle> {
  const run = await back(stage, { schemaVersion: '0_before_rename' });
  await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
  await run.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
  await inStep(run, 'schema', 'parked');
  return run;
}
