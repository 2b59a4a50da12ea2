import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import type { SmokeGate } from '../../contract/catalog/catalog.ts';
import type { HttpGate } from '../../contract/catalog/gates.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { messageNames } from '../../contract/messages.ts';
import { until, type ChangeHandle, type Harness, type Start } from '../workflows/harness.ts';
import { commits, developer, logEntry, owner, World } from '../workflows/world.ts';

/** What a shape gets to work with, and the runs whose histories are kept, by file name. */
export interface Stage {
  world: World;
  start: Start;
  input(changes?: object): Record<string, unknown>;
  environment: ReturnType<Harness['client']['workflow']['getHandle']>;
  keep(name: string, workflowId: string): void;
}

/**
 * One way through the workflows' code: each has its own history, since a replay only proves the branches that it
 * takes.
 */
export interface Shape {
  /** Names of the histories that it leaves. */
  names: readonly string[];
  world?: () => World;
  play(stage: Stage): Promise<void>;
}

const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const dataOwner = 'data-owner@example.com';
const again: HttpGate = { name: 'health-again', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 };
const failingSmoke: SmokeGate[] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 },
];

export const shapes: readonly Shape[] = [
  {
    names: ['deploy-released', 'environment-one-holder'],
    play: async (stage) => {
      await released(stage, 'deploy-released');
      stage.keep('environment-one-holder', stage.environment.workflowId);
    },
  },
  {
    names: ['deploy-dry-run'],
    play: async ({ start, input, keep }) =>
      ended(await start('deploy', input({ dryRun: true })), 'deploy-dry-run', keep),
  },
  {
    names: ['deploy-invalid-input'],
    play: async ({ start, input, keep }) =>
      ended(await start('deploy', input({ commit: 'abc', surprise: 1 })), 'deploy-invalid-input', keep),
  },
  {
    names: ['deploy-rejected-after-refused'],
    play: async ({ start, input, keep }) => {
      const run = await asked(await start('deploy', input()));
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
    play: async ({ start, input, keep, environment }) => {
      await ended(await approved(await start('deploy', input())), 'deploy-restored', keep);
      await ended(await start('deploy', input()), 'deploy-on-hold', keep);
      await environment.executeUpdate(messageNames.lift, { args: [{ by: owner, reason: 'the check was wrong' }] });
      keep('environment-hold-lifted', environment.workflowId);
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
    play: async ({ start, input, keep }) =>
      ended(await approved(await start('deploy', input())), 'deploy-verification-failed', keep),
  },
  {
    names: ['deploy-verification-skipped'],
    world: () => new World({ verification: [again, { ...again, name: 'no-run', path: '/runs/{run}' }] }),
    play: async ({ start, input, keep }) => {
      const run = await parked(await approved(await start('deploy', input())));
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] });
      await until(
        run,
        ({ steps, phase }) =>
          phase === 'parked' && steps.some(({ name, attempts }) => name === 'verify' && attempts === 2),
      );
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'skip', by: owner }] });
      await ended(run, 'deploy-verification-skipped', keep);
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
    play: async ({ world, start, input, keep }) => {
      world.migrationOutcomes.push('failed');
      world.logEntries = [logEntry('syntax error'), logEntry('Container called exit(1).')];
      await ended(await approved(await start('deploy', input())), 'deploy-migration-failed', keep);
    },
  },
  {
    names: ['deploy-parked-and-retried'],
    play: async ({ world, start, input, keep }) => {
      world.failNext('stage', 'Unknown', 'nobody knows');
      const run = await parked(await approved(await start('deploy', input())));
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] });
      await ended(run, 'deploy-parked-and-retried', keep);
    },
  },
  {
    names: ['deploy-irreversible-given-up'],
    world: () => new World({ smoke: failingSmoke }),
    play: async ({ world, start, input, keep }) => {
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      const waiting = await approved(await start('deploy', input()));
      await waiting.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
      const run = await parked(waiting);
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'abort', by: dataOwner }] });
      await ended(run, 'deploy-irreversible-given-up', keep);
    },
  },
  {
    names: ['deploy-queued-and-voided', 'environment-queue'],
    play: async ({ world, start, input, keep, environment }) => {
      world.failNext('stage', 'Unknown', 'nobody knows');
      const first = await asked(await start('deploy', input()));
      const second = await asked(await start('deploy', input()));
      await parked(await approved(first));
      await approved(second);
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'queue');
      await first.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] });
      await first.result();
      await ended(await approved(await asked(second)), 'deploy-queued-and-voided', keep);
      keep('environment-queue', environment.workflowId);
    },
  },
  {
    names: ['deploy-cancelled'],
    play: async ({ world, start, input, keep }) => {
      world.failNext('shift', 'Unknown', 'nobody knows');
      const run = await parked(await approved(await start('deploy', input())));
      await run.cancel();
      await ended(run, 'deploy-cancelled', keep);
    },
  },
  {
    names: ['deploy-drifted'],
    play: async ({ world, start, input, keep }) => {
      world.failNext('shift', 'Drifted', 'changed by hand');
      await ended(await approved(await start('deploy', input())), 'deploy-drifted', keep);
    },
  },
  {
    names: ['migrate', 'check-drift'],
    play: async ({ world, start, keep }) => {
      const place = { service: world.service, environment: 'staging' };
      await ended(await start('migrate', { ...place, requestedBy: developer }), 'migrate', keep);
      await ended(await start('checkDrift', place), 'check-drift', keep);
    },
  },
  {
    names: ['rollback', 'deploy-preempted', 'environment-preempting'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, input, keep, environment }) => {
      const { change } = await (await start('deploy', input())).result();
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await parked(await start('deploy', input({ commit: commits.bad })));
      const back = { service: world.service, environment: 'staging', requestedBy: owner, reason: 'errors', to: change };
      await ended(await start('rollback', back), 'rollback', keep);
      await ended(deploy, 'deploy-preempted', keep);
      keep('environment-preempting', environment.workflowId);
    },
  },
  {
    names: ['rollback-across-schema'],
    world: () => new World({ approvals: noApprovals }),
    play: async ({ world, start, input, keep }) => {
      world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
      const deploy = await asked(await start('deploy', input()));
      await deploy.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
      await deploy.result();
      const back = {
        service: world.service,
        environment: 'staging',
        requestedBy: owner,
        reason: 'errors',
        schemaVersion: '0_before_rename',
      };
      const run = await asked(await start('rollback', back));
      await run.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
      await parked(run);
      await run.executeUpdate(messageNames.decide, {
        args: [{ action: 'markDone', by: dataOwner, evidence: 'renamed back, checked' }],
      });
      await ended(run, 'rollback-across-schema', keep);
    },
  },
  {
    names: ['deploy-frozen', 'environment-frozen'],
    play: async (stage) => {
      const { start, input, keep, environment } = stage;
      const first = await approved(await start('deploy', input()));
      await first.result();
      await environment.executeUpdate(messageNames.freeze, { args: [{ by: owner, reason: 'stocktaking' }] });
      const run = await approved(await start('deploy', input()));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'freeze');
      await environment.executeUpdate(messageNames.unfreeze, { args: [{ by: owner, reason: 'over' }] });
      await ended(run, 'deploy-frozen', keep);
      keep('environment-frozen', environment.workflowId);
    },
  },
];

async function released({ start, input, keep }: Stage, name: string): Promise<void> {
  await ended(await approved(await start('deploy', input())), name, keep);
}

async function asked(run: ChangeHandle): Promise<ChangeHandle> {
  await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
  return run;
}

async function approved(run: ChangeHandle): Promise<ChangeHandle> {
  await asked(run);
  await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
  return run;
}

async function parked(run: ChangeHandle): Promise<ChangeHandle> {
  await until(run, ({ phase }) => phase === 'parked');
  return run;
}

/** However it ends: the outcome is the business of other tests. */
export async function ended(run: ChangeHandle, name: string, keep: Stage['keep']): Promise<void> {
  await run.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError) && !(error instanceof CancelledFailure)) throw error;
  });
  keep(name, run.workflowId);
}

/** The stage of a shape in a world of its own. */
export function stageOf({ client }: Harness, world: World, start: Stage['start'], keep: Stage['keep']): Stage {
  return {
    world,
    start,
    keep,
    input: (changes = {}) => ({
      service: world.service,
      environment: 'staging',
      commit: commits.good,
      requestedBy: developer,
      ...changes,
    }),
    environment: client.workflow.getHandle(environmentWorkflowId(world.service, 'staging')),
  };
}
