import { messageNames } from '../../contract/messages.ts';
import { until } from '../workflows/harness.ts';
import { TrainWorld } from '../workflows/train.ts';
import { commits, developer, owner } from '../workflows/world.ts';
import { ended, type Shape, type Stage } from './shape.ts';

const nobody = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
const train = () => new TrainWorld({ approvals: nobody });
const input = ({ world }: Stage) => ({ service: world.service, commit: commits.good, requestedBy: developer });

/**
 * Ways through a release, and through its stops: a change below a release reports to it and looks at its commit
 * again.
 */
export const releaseShapes: readonly Shape[] = [
  {
    names: ['release-released', 'release-stop-deploy', 'release-stop-promote'],
    world: train,
    play: async (stage) => {
      const run = await stage.start('release', input(stage));
      await until(run, ({ waitingFor }) => waitingFor?.child?.endsWith('/production') === true);
      await run.executeUpdate(messageNames.approve, { args: [{ by: developer }] }).catch(() => undefined);
      await run.signal(messageNames.approve, { by: owner });
      await ended(run, 'release-released', stage.keep);
      stage.keep('release-stop-deploy', `${run.workflowId}/staging`);
      stage.keep('release-stop-promote', `${run.workflowId}/production`);
    },
  },
  {
    names: ['release-invalid-input'],
    world: train,
    play: async (stage) =>
      ended(
        await stage.start('release', { ...input(stage), commit: 'main', environment: 'staging' }),
        'release-invalid-input',
        stage.keep,
      ),
  },
  {
    names: ['release-checklist-decided-and-refused'],
    world: () => withGithub(train()),
    play: async (stage) => {
      const run = await stage.start('release', input(stage));
      await until(run, ({ phase }) => phase === 'parked');
      await run.executeUpdate(messageNames.decide, {
        args: [{ action: 'markDone', by: owner, evidence: 'seen on the screen' }],
      });
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('checklist: test') === true);
      stage.world.checkRuns = [{ name: 'test', app: null, status: 'completed', conclusion: 'failure', url: '' }];
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'retry', by: owner }] });
      await ended(run, 'release-checklist-decided-and-refused', stage.keep);
    },
  },
  {
    names: ['release-stop-rejected'],
    world: train,
    play: async (stage) => {
      const run = await stage.start('release', input(stage));
      await until(run, ({ waitingFor }) => waitingFor?.child?.endsWith('/production') === true);
      await run.executeUpdate(messageNames.reject, { args: [{ by: owner, note: 'not today' }] });
      await ended(run, 'release-stop-rejected', stage.keep);
    },
  },
  {
    names: ['release-cancelled', 'release-stop-cancelled'],
    world: train,
    play: async (stage) => {
      stage.world.failNext('shift', 'Unknown', 'nobody knows');
      const run = await stage.start('release', input(stage));
      await until(run, ({ phase }) => phase === 'parked');
      await run.cancel();
      await ended(run, 'release-cancelled', stage.keep);
      stage.keep('release-stop-cancelled', `${run.workflowId}/staging`);
    },
  },
  {
    names: ['promote'],
    world: train,
    play: async (stage) => {
      const { world, start, keep } = stage;
      await (await start('deploy', { ...input(stage), environment: 'staging' })).result();
      const run = await start('promote', {
        service: world.service,
        from: 'staging',
        to: 'production',
        requestedBy: developer,
      });
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
      await ended(run, 'promote', keep);
    },
  },
];

function withGithub(world: TrainWorld): TrainWorld {
  world.checklist = {
    commands: [],
    github: { repository: 'example/service', checks: ['check', 'test'], timeoutMinutes: 1 },
  };
  return world;
}
