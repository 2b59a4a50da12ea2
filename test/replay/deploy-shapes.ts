import { evidence } from '../../contract/catalog/evidence.ts';
import { defaultIncidents } from '../../contract/incident/default-incidents.ts';
import type { HttpGate } from '../../contract/catalog/gates.ts';
import { notifications } from '../../contract/catalog/notifications.ts';
import { messageNames } from '../../contract/messages.ts';
import { runEvents } from '../../contract/notification.ts';
import { until } from '../workflows/harness.ts';
import {
  approve,
  decide,
  deployOf,
  migrateOf,
  parkInStage,
  release,
  rollbackOf,
  startAndApprove,
  untilAsked,
  untilParked,
  untilWaitingFor,
} from '../workflows/runs.ts';
import {
  beforeStage,
  commits,
  dataOwner,
  developer,
  failingSmoke,
  incompatible,
  logEntry,
  noApprovals,
  owner,
  targetEntry,
  World,
} from '../workflows/world.ts';
import { ended, type Shape, type Stage } from './shape.ts';

const again: HttpGate = { name: 'health-again', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 };

/** Ways through a deploy, a migration and a look for drift. */
export const deployShapes: readonly Shape[] = [
  {
    // The first two were recorded before a run said what it waits for where a platform is away.
    names: ['deploy-released', 'environment-one-holder', 'deploy-stands-still', 'deploy-yields-at-standstill'],
    patches: ['branch-of-every-change', 'holders-looked-at', 'standstill-is-said'],
    world: () => Object.assign(new World(), { standstillMs: 300 }),
    play: async (stage) => {
      const { world, start, keep } = stage;
      await released(stage, 'deploy-released');
      keep('environment-one-holder', stage.environment.workflowId);
      world.away.add('stage');
      const run = await startAndApprove(start, world);
      await untilWaitingFor(run, 'platform');
      world.away.clear();
      await ended(run, 'deploy-stands-still', keep);
      world.entry.settings.smoke = failingSmoke;
      world.away.add('restore');
      const next = await start('deploy', deployOf(world, { commit: commits.bad }));
      await approve(next);
      await untilWaitingFor(next, 'platform');
      world.entry.settings.smoke = [];
      const rollback = await start('rollback', rollbackOf(world));
      await ended(next, 'deploy-yields-at-standstill', keep);
      world.away.clear();
      await rollback.result();
    },
  },
  {
    names: ['deploy-on-branch'],
    patches: ['branch-of-every-change'],
    play: async (stage) => released(stage, 'deploy-on-branch'),
  },
  {
    names: ['deploy-off-branch'],
    play: async ({ world, start, keep }) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      world.onBranch = false;
      await approve(run);
      await ended(run, 'deploy-off-branch', keep);
    },
  },
  {
    names: ['deploy-dry-run'],
    play: async ({ world, start, keep }) =>
      ended(await start('deploy', deployOf(world, { dryRun: true })), 'deploy-dry-run', keep),
  },
  {
    names: ['deploy-invalid-input'],
    play: async ({ world, start, keep }) =>
      ended(await start('deploy', deployOf(world, { commit: 'abc', surprise: 1 })), 'deploy-invalid-input', keep),
  },
  {
    names: ['deploy-rejected-after-refused'],
    play: async ({ world, start, keep }) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      await run.signal(messageNames.approve, undefined);
      await until(run, ({ refused }) => refused.count === 1);
      await run.executeUpdate(messageNames.approve, { args: [{ by: developer }] }).catch(() => undefined);
      await run.executeUpdate(messageNames.reject, { args: [{ by: owner, note: 'not today' }] });
      await ended(run, 'deploy-rejected-after-refused', keep);
    },
  },
  {
    names: ['deploy-restored', 'deploy-on-hold', 'environment-hold-lifted'],
    world: () => new World({ smoke: failingSmoke }),
    play: async ({ world, start, keep, environment }) => {
      await ended(await startAndApprove(start, world), 'deploy-restored', keep);
      await ended(await start('deploy', deployOf(world)), 'deploy-on-hold', keep);
      await environment.executeUpdate(messageNames.lift, { args: [{ by: owner, reason: 'the check was wrong' }] });
      keep('environment-hold-lifted', environment.workflowId);
    },
  },
  {
    // The first was recorded before a change said why it failed.
    names: ['deploy-failed-unexplained', 'deploy-failed-explained'],
    patches: ['diagnosis-of-failures'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, keep }) => {
      world.failNext('stage', 'GateFailed', 'revision r-1 did not become ready: the start-up probe failed');
      const run = await start('deploy', deployOf(world));
      await ended(run, 'deploy-failed-unexplained', keep);
      keep('deploy-failed-explained', run.workflowId);
    },
  },
  {
    names: ['deploy-evidence', 'deploy-evidence-refuted'],
    world: () => {
      const json = { '/status': 'ready' };
      const world = new World({
        target: { ...targetEntry('service'), evidenceJob: 'service-evidence' },
        evidence: evidence.parse({
          programs: [{ name: 'health', command: ['health'], json }],
          tickets: [{ kind: 'githubDeployment', repository: 'example/service' }],
        }),
      });
      for (const text of ['{"status":"ready"}', '{"status":"paused"}'])
        world.programOutputs.push([{ stream: 'stdout', text }]);
      return world;
    },
    play: async (stage) => {
      await released(stage, 'deploy-evidence');
      await ended(await startAndApprove(stage.start, stage.world), 'deploy-evidence-refuted', stage.keep);
    },
  },
  {
    names: ['deploy-verified'],
    world: () => new World({ verification: [again] }),
    play: async (stage) => released(stage, 'deploy-verified'),
  },
  {
    names: ['deploy-verification-failed'],
    world: () => new World({ verification: [{ ...again, status: [418] }] }),
    play: async ({ world, start, keep }) =>
      ended(await startAndApprove(start, world), 'deploy-verification-failed', keep),
  },
  {
    names: ['deploy-verification-skipped'],
    world: () => new World({ verification: [again, { ...again, name: 'no-run', path: '/runs/{run}' }] }),
    play: async ({ world, start, keep }) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await decide(run, 'retry');
      await until(
        run,
        ({ steps, phase }) =>
          phase === 'parked' && steps.some(({ name, attempts }) => name === 'verify' && attempts === 2),
      );
      await decide(run, 'skip');
      await ended(run, 'deploy-verification-skipped', keep);
    },
  },
  {
    // The first was recorded before a change opened incidents.
    names: ['deploy-gate-failed', 'deploy-opens-incident', 'deploy-joins-incident'],
    patches: ['incident-after-failed-gate'],
    world: () => incidentsWorld(),
    play: async ({ world, start, keep }) => {
      const run = await start('deploy', deployOf(world));
      await ended(run, 'deploy-gate-failed', keep);
      keep('deploy-opens-incident', run.workflowId);
      await ended(await start('deploy', deployOf(world, { commit: commits.bad })), 'deploy-joins-incident', keep);
    },
  },
  {
    // The first was recorded before runs told people of themselves.
    names: ['deploy-tells-nobody', 'deploy-tells-people', 'deploy-parked-tells-people', 'rollback-tells-people'],
    patches: ['notifications-of-runs'],
    world: () => tellingWorld(),
    play: async ({ world, start, keep }) => {
      const run = await startAndApprove(start, world);
      await ended(run, 'deploy-tells-nobody', keep);
      keep('deploy-tells-people', run.workflowId);
      world.failNext('stage', 'Unknown', 'nobody knows');
      const parked = await startAndApprove(start, world);
      await untilParked(parked);
      await decide(parked, 'abort');
      await ended(parked, 'deploy-parked-tells-people', keep);
      await ended(await start('rollback', rollbackOf(world)), 'rollback-tells-people', keep);
    },
  },
  {
    names: ['deploy-fallback'],
    play: async (stage) => {
      stage.world.migrationOutcomes.push('failed');
      stage.world.logEntries = [logEntry('no such command')];
      await released(stage, 'deploy-fallback');
    },
  },
  {
    names: ['deploy-migration-failed'],
    play: async ({ world, start, keep }) => {
      world.failNextMigration();
      await ended(await startAndApprove(start, world), 'deploy-migration-failed', keep);
    },
  },
  {
    names: ['deploy-parked-and-retried'],
    play: async ({ world, start, keep }) => {
      world.failNext('stage', 'Unknown', 'nobody knows');
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await decide(run, 'retry');
      await ended(run, 'deploy-parked-and-retried', keep);
    },
  },
  {
    names: ['deploy-irreversible-given-up'],
    world: () => new World({ smoke: failingSmoke }),
    play: async ({ world, start, keep }) => {
      world.migrations.set(commits.good, [incompatible]);
      const run = await startAndApprove(start, world, owner, dataOwner);
      await untilParked(run);
      await decide(run, 'abort', { by: dataOwner });
      await ended(run, 'deploy-irreversible-given-up', keep);
    },
  },
  {
    names: ['deploy-queued-and-voided', 'environment-queue'],
    patches: ['waiting-runs-end-unheard'],
    play: async ({ world, start, keep, environment }) => {
      world.failNext('stage', 'Unknown', 'nobody knows');
      const first = await start('deploy', deployOf(world));
      const second = await start('deploy', deployOf(world));
      await untilAsked(second);
      await approve(first);
      await untilParked(first);
      await approve(second);
      await untilWaitingFor(second, 'queue');
      await decide(first, 'retry');
      await first.result();
      await approve(second);
      await ended(second, 'deploy-queued-and-voided', keep);
      keep('environment-queue', environment.workflowId);
    },
  },
  {
    names: ['deploy-cancelled-unheard'],
    patches: ['waiting-runs-end-unheard'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, keep }) => {
      await parkInStage(start, world);
      const waiting = await start('deploy', deployOf(world));
      await untilWaitingFor(waiting, 'queue');
      world.away.add('leave');
      await waiting.cancel();
      await ended(waiting, 'deploy-cancelled-unheard', keep);
    },
  },
  {
    names: ['deploy-migrates-first'],
    world: () => new World({ approvals: noApprovals, migration: beforeStage }),
    play: async ({ world, start, keep }) =>
      ended(await start('deploy', deployOf(world)), 'deploy-migrates-first', keep),
  },
  {
    names: ['deploy-migration-before-stage-failed'],
    world: () => new World({ approvals: noApprovals, migration: beforeStage }),
    play: async ({ world, start, keep }) => {
      world.failNextMigration();
      await ended(await start('deploy', deployOf(world)), 'deploy-migration-before-stage-failed', keep);
    },
  },
  {
    names: ['deploy-cancelled'],
    play: async ({ world, start, keep }) => {
      world.failNext('shift', 'Unknown', 'nobody knows');
      const run = await startAndApprove(start, world);
      await untilParked(run);
      await run.cancel();
      await ended(run, 'deploy-cancelled', keep);
    },
  },
  {
    names: ['deploy-drifted'],
    play: async ({ world, start, keep }) => {
      world.failNext('shift', 'Drifted', 'changed by hand');
      await ended(await startAndApprove(start, world), 'deploy-drifted', keep);
    },
  },
  {
    names: ['deploy-post-deploy-gate', 'migrate-smoke-job'],
    world: () => gatedWorld(),
    play: async ({ world, start, keep }) => {
      await ended(await start('deploy', deployOf(world)), 'deploy-post-deploy-gate', keep);
      await ended(await start('migrate', migrateOf(world)), 'migrate-smoke-job', keep);
    },
  },
  {
    names: ['deploy-post-deploy-gate-failed'],
    world: () => gatedWorld(),
    play: async ({ world, start, keep }) => {
      world.smokeOutcomes.push('failed');
      await ended(await start('deploy', deployOf(world)), 'deploy-post-deploy-gate-failed', keep);
    },
  },
  {
    names: ['migrate', 'check-drift', 'check-drift-kept', 'check-drift-in-turns', 'environment-drift-adopted'],
    patches: ['drift-is-kept', 'drift-in-turns'],
    play: async ({ world, start, environment, keep }) => {
      await ended(await start('migrate', migrateOf(world)), 'migrate', keep);
      const place = { service: world.service, environment: 'staging' };
      await ended(await start('checkDrift', place), 'check-drift', keep);
      world.otherSettings = ['variable DEBUG was added'];
      for (const name of ['check-drift-kept', 'check-drift-in-turns'])
        await ended(await start('checkDrift', place), name, keep);
      await environment.executeUpdate('adopt', { args: [{ by: owner, reason: 'for a day' }] });
      keep('environment-drift-adopted', environment.workflowId);
    },
  },
  {
    names: ['daily-checks', 'daily-checks-unhealthy'],
    play: async ({ world, start, keep }) => {
      const place = { service: world.service, environment: 'staging' };
      await ended(await start('dailyChecks', place), 'daily-checks', keep);
      world.checks = [{ name: 'pods', verdict: 'fail', reason: '1 of 2 pods are ready' }];
      await ended(await start('dailyChecks', place), 'daily-checks-unhealthy', keep);
    },
  },
  {
    names: ['rollback', 'deploy-preempted', 'environment-preempting'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, keep, environment }) => {
      const { change } = await release(start, world);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilParked(deploy);
      await ended(await start('rollback', rollbackOf(world, { to: change })), 'rollback', keep);
      await ended(deploy, 'deploy-preempted', keep);
      keep('environment-preempting', environment.workflowId);
    },
  },
  {
    names: ['rollback-across-schema'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, keep }) => {
      world.migrations.set(commits.good, [incompatible]);
      const deploy = await startAndApprove(start, world, dataOwner);
      await deploy.result();
      const run = await start('rollback', rollbackOf(world, { schemaVersion: '0_before_rename' }));
      await approve(run, dataOwner);
      await untilParked(run);
      await decide(run, 'markDone', { by: dataOwner, evidence: 'renamed back, checked' });
      await ended(run, 'rollback-across-schema', keep);
    },
  },
  {
    names: ['deploy-frozen', 'environment-frozen'],
    patches: ['notifications-of-environments'],
    play: async ({ world, start, keep, environment }) => {
      await (await startAndApprove(start, world)).result();
      await environment.executeUpdate(messageNames.freeze, { args: [{ by: owner, reason: 'stocktaking' }] });
      const run = await startAndApprove(start, world);
      await untilWaitingFor(run, 'freeze');
      await environment.executeUpdate(messageNames.unfreeze, { args: [{ by: owner, reason: 'over' }] });
      await ended(run, 'deploy-frozen', keep);
      keep('environment-frozen', environment.workflowId);
    },
  },
];

/** A world whose environment repeats the migration and smokes as a job after each roll-out. */
function gatedWorld(): World {
  const world = new World({
    approvals: noApprovals,
    target: { ...targetEntry('service'), smokeJob: 'service-smoke' },
    postDeployGate: { smoke: { command: ['smoke'], args: [], variables: {}, timeoutSeconds: 60 } },
  });
  world.logEntries = [logEntry('nothing is pending'), logEntry('Container called exit(0).')];
  return world;
}

/** A world whose environment has a channel that is told of runs. */
function tellingWorld(): World {
  const oncall = { kind: 'slack', token: { secret: 'token' }, channel: 'C0123456789', events: [...runEvents] };
  const approvals = { ...noApprovals, required: [{ role: 'release-owner', count: 1 }] };
  return new World({ approvals, notifications: notifications.parse({ oncall }) });
}

/** A world whose environment has incidents, and in which what users get fails its verification. */
function incidentsWorld(): World {
  const incidents = defaultIncidents;
  return new World({ approvals: noApprovals, verification: [{ ...again, status: [418] }], incidents });
}

async function released({ world, start, keep }: Stage, name: string): Promise<void> {
  await ended(await startAndApprove(start, world), name, keep);
}
