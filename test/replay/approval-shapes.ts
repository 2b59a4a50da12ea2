import { messageNames } from '../../contract/messages.ts';
import { until, type ChangeHandle } from '../workflows/harness.ts';
import { payload, people, startSigned } from '../workflows/signing.ts';
import { untilParked } from '../workflows/runs.ts';
import { commits, dataOwner, deputy, owner, unseenBake, World } from '../workflows/world.ts';
import { ended, type Shape } from './shape.ts';

const policy = {
  required: [{ role: 'release-owner', count: 1 }],
  rollback: [{ role: 'release-owner', count: 2 }],
  requesterMayApprove: false,
  expiresAfterMinutes: 5,
};
const signOffs = { migration: [{ role: 'data-owner', count: 1 }], smoke: [{ role: 'release-owner', count: 1 }] };
const signed = () =>
  new World({ approvals: { ...policy, identity: 'signed', signOffs, breakGlass: ['release-owner'] } }, people);

/** Ways through signed approvals: requests, refusals, sign-offs, what falls on entry, reminders, break-glass. */
export const approvalShapes: readonly Shape[] = [
  {
    names: ['deploy-signed-and-signed-off', 'rollback-break-glass'],
    world: signed,
    play: async ({ world, start, input, keep }) => {
      world.migrations.set(commits.good, [{ name: '1_add.sql', compatibility: 'compatible' }]);
      const run = await startSigned(start, 'deploy', input());
      const plan = await asked(run, 'approval of plan');
      await run.signal(messageNames.approve, payload(plan, owner, { change: 'c0000000000' }));
      await until(run, ({ refused }) => refused.count === 1);
      await run.signal(messageNames.approve, payload(plan, owner));
      await run.executeUpdate(messageNames.approve, {
        args: [payload(await asked(run, 'sign-off of the migration'), dataOwner)],
      });
      await run.executeUpdate(messageNames.approve, {
        args: [payload(await asked(run, 'sign-off of the smoke'), owner)],
      });
      await ended(run, 'deploy-signed-and-signed-off', keep);
      const back = await start('rollback', {
        service: world.service,
        environment: 'staging',
        requestedBy: owner,
        reason: 'errors at night',
      });
      await asked(back, 'approval of plan');
      await back.executeUpdate(messageNames.approve, { args: [{ by: owner, role: 'break-glass' }] });
      await ended(back, 'rollback-break-glass', keep);
    },
  },
  {
    names: ['deploy-decisions-judged'],
    world: () => new World({ approvals: { ...policy, identity: 'signed' }, bake: unseenBake }, people),
    play: async ({ start, input, keep }) => {
      const run = await startSigned(start, 'deploy', input());
      await run.executeUpdate(messageNames.approve, { args: [payload(await asked(run, 'approval of plan'), owner)] });
      await untilParked(run, 'bake');
      await run.signal(messageNames.decide, { action: 'skip', by: owner });
      await until(run, ({ refused }) => refused.count === 1);
      await run.executeUpdate(messageNames.decide, { args: [{ action: 'abort', by: owner }] });
      await ended(run, 'deploy-decisions-judged', keep);
    },
  },
  {
    names: ['deploy-request-unsigned'],
    world: signed,
    play: async ({ start, input, keep }) => ended(await start('deploy', input()), 'deploy-request-unsigned', keep),
  },
  {
    names: ['deploy-fallen-on-entry', 'migrate-signed-off'],
    world: () =>
      new World(
        {
          approvals: {
            ...policy,
            rollback: [],
            required: [{ role: 'release-owner', count: 2 }],
            signOffs: { migration: signOffs.migration },
          },
        },
        people,
      ),
    play: async ({ world, start, input, keep }) => {
      const run = await start('deploy', input());
      await asked(run, 'approval of plan');
      await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
      const { owners } = world.entry;
      world.entry = {
        ...world.entry,
        owners: { ...owners, 'release-owner': (owners['release-owner'] ?? []).filter((person) => person !== owner) },
      };
      await run.executeUpdate(messageNames.approve, { args: [{ by: deputy }] });
      await until(run, ({ waitingFor, refused }) => waitingFor?.kind === 'approval' && refused.count === 1);
      await run.executeUpdate(messageNames.approve, { args: [{ by: 'third-owner@example.com' }] });
      await asked(run, 'sign-off of the migration');
      await run.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
      await ended(run, 'deploy-fallen-on-entry', keep);
      const again = await start('migrate', { service: world.service, environment: 'staging', requestedBy: deputy });
      await asked(again, 'sign-off of the migration');
      await again.executeUpdate(messageNames.approve, { args: [{ by: dataOwner }] });
      await ended(again, 'migrate-signed-off', keep);
    },
  },
  {
    names: ['deploy-void-at-a-reminder', 'deploy-reminded'],
    patches: ['reminders-grow-rare'],
    world: () => new World({ approvals: { ...policy, rollback: [], remindEveryMinutes: 0.05 } }),
    play: async ({ world, start, input, keep }) => {
      const run = await start('deploy', input());
      const { plan } = await asked(run, 'approval of plan');
      world.live = { ...world.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }], key: 'by hand' };
      await until(run, (status) => status.waitingFor?.kind === 'approval' && status.plan !== plan);
      await run.executeUpdate(messageNames.approve, { args: [{ by: owner }] });
      for (const name of ['deploy-void-at-a-reminder', 'deploy-reminded']) await ended(run, name, keep);
    },
  },
];

async function asked(run: ChangeHandle, what: string) {
  return until(run, ({ waitingFor }) => waitingFor?.what.startsWith(what) === true);
}
