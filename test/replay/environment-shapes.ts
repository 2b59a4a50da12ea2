import { finalFailure } from '../../activities/failure.ts';
import { notifications } from '../../contract/catalog/notifications.ts';
import { messageNames } from '../../contract/messages.ts';
import { environmentEvents, type NotificationEvent } from '../../contract/notification.ts';
import { eventually } from '../until.ts';
import { failureOf } from '../workflows/harness.ts';
import { parkInStage, release } from '../workflows/runs.ts';
import { noApprovals, owner, World } from '../workflows/world.ts';
import { ended, type Shape } from './shape.ts';

/** Ways through an environment that tells people of itself, and through a test of its channels. */
export const environmentShapes: readonly Shape[] = [
  {
    names: ['environment-holder-terminated'],
    patches: ['holders-looked-at'],
    world: () => new World({ approvals: noApprovals }),
    async play({ world, start, keep, environment }) {
      const { run } = await parkInStage(start, world);
      await run.terminate('by a test');
      await release(start, world);
      keep('environment-holder-terminated', environment.workflowId);
    },
  },
  {
    names: ['environment-tells-people'],
    patches: ['notifications-of-environments', 'ledger-in-background'],
    world: () => worldThatTells(environmentEvents),
    async play({ world, start, keep, environment }) {
      await release(start, world);
      const until = new Date(Date.now() + 3_000).toISOString();
      await environment.executeUpdate(messageNames.freeze, { args: [{ by: owner, reason: 'stocktaking', until }] });
      world.otherSettings = ['revision service-9 serves, but the ledger has service-1: variable DEBUG was added'];
      await failureOf(await start('checkDrift', { service: world.service, environment: 'staging' }));
      await environment.executeUpdate(messageNames.adopt, { args: [{ by: owner, reason: 'for a day' }] });
      await eventually('the ends are told', async () => world.people.told.length === 4);
      keep('environment-tells-people', environment.workflowId);
    },
  },
  {
    names: ['environment-parked-tells-people'],
    patches: ['notifications-of-environments'],
    world: () => worldThatTells(['decisionNeeded', 'decisionTaken']),
    async play({ world, start, keep, environment }) {
      await release(start, world);
      await environment.terminate();
      world.failNext('pendingWork', 'Denied', 'credentials were revoked');
      const next = release(start, world);
      await eventually('it asks', async () => world.people.told.length === 1);
      await environment.executeUpdate(messageNames.decide, { args: [{ by: owner, action: 'retry' }] });
      await next;
      await eventually('the answer is told', async () => world.people.told.length === 2);
      keep('environment-parked-tells-people', environment.workflowId);
    },
  },
  {
    names: ['environment-store-away'],
    patches: ['ledger-in-background', 'opening-waits-out'],
    async play({ world, start, keep, environment }) {
      world.failNext('readLedger', 'Denied', 'the bucket is denied');
      world.failNext('appendLedger', 'Denied', 'the bucket is denied');
      await release(start, world);
      await eventually('the entry is written', async () => world.ledger.length === 1);
      keep('environment-store-away', environment.workflowId);
    },
    world: () => new World({ approvals: noApprovals }),
  },
  {
    names: ['environment-opening-waits'],
    patches: ['opening-waits-out'],
    async play({ world, start, keep, environment }) {
      world.failNext('lastWrite', 'Denied', 'credentials were revoked');
      await release(start, world);
      keep('environment-opening-waits', environment.workflowId);
    },
    world: () => new World({ approvals: noApprovals }),
  },
  {
    names: ['test-notifications', 'test-notifications-not-taken'],
    world: () => worldThatTells(environmentEvents),
    async play({ world, start, keep }) {
      const input = { service: world.service, environment: 'staging', requestedBy: owner };
      await ended(await start('testNotifications', input), 'test-notifications', keep);
      world.people.before = async () => {
        throw finalFailure('Denied', 'Slack (chat.postMessage) refused: invalid_auth');
      };
      await ended(await start('testNotifications', input), 'test-notifications-not-taken', keep);
    },
  },
];

function worldThatTells(events: readonly NotificationEvent[]): World {
  const oncall = { kind: 'slack', token: { secret: 'token' }, channel: 'C0123456789', events: [...events] };
  return new World({ approvals: noApprovals, notifications: notifications.parse({ oncall }) });
}
