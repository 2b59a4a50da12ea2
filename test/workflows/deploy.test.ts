import { describe, expect, it } from 'vitest';
import { expectFailure, refusedBecause } from '../expect-failure.ts';
import { eventually } from '../until.ts';
import { failureOf, until } from './harness.ts';
import {
  approve,
  decide,
  deployOf,
  statusOf,
  untilAsked,
  untilAskedAnew,
  untilParked,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { artifactOf, commits, developer, digestOfCommit, noApprovals, owner, World } from './world.ts';

const harness = openHarness();

describe('deploy', () => {
  it('goes from approval to a verified release', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const waiting = await untilAsked(run);
      expect(waiting.waitingFor?.commands[0]).toContain(`--workflow-id ${run.workflowId} --name approve`);
      await run.signal('approve', { by: owner });
      const result = await run.result();
      expect(result).toMatchObject({ commit: commits.good, outcome: expect.stringContaining('released') });
      expect(world.methods()).toEqual(['stamp', 'stage', 'syncMigration', 'runMigration', 'shift']);
      const { events } = await run.fetchHistory();
      expect(events?.length).toBeLessThanOrEqual(150);
      expect(await run.query('status')).toMatchObject({
        phase: 'done',
        waitingFor: null,
        digest: digestOfCommit(commits.good),
      });
    });
  });

  it('lists every problem of an input and touches nothing', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', {
        service: 'Not A Name',
        environment: 7,
        commit: 'abc',
        requestedBy: '',
        surprise: true,
      });
      const { type, message } = await failureOf(run);
      expect(type).toBe('InvalidInput');
      for (const path of ['service:', 'environment:', 'commit:', 'requestedBy:', 'surprise:'])
        expect(message).toContain(path);
      expect(await run.query('status')).toMatchObject({ phase: 'failed' });
    });
    expect(world.writes).toEqual([]);
  });

  it.each([
    [
      'who holds no role',
      { requestedBy: 'stranger@example.com' },
      'requestedBy: stranger@example.com may not start a deploy',
    ],
    ['an unknown environment', { environment: 'moon' }, 'environment: unknown'],
    ['an unknown commit', { commit: 'd'.repeat(40) }, 'unknown commit'],
    [
      'an image of another repository',
      { commit: undefined, image: `other.example/project/repository/image@${digestOfCommit(commits.good)}` },
      'is of another repository',
    ],
    ['both a commit and an image', { image: artifactOf(commits.good).image }, 'either commit or image'],
    ['nothing at all', { commit: undefined }, 'either commit or image'],
  ])('refuses %s', async (_name, changes, expected) => {
    const world = new World();
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world, changes)), 'InvalidInput', expected);
    });
    expect(world.writes).toEqual([]);
  });

  it.each([
    ['a commit', {}, 'commit: commit bbbb'],
    ['an image of a commit', { commit: undefined, image: artifactOf(commits.good).image }, 'image: commit bbbb'],
  ])('refuses %s that is not on the release branch', async (_what, changes, expected) => {
    const world = new World();
    world.onBranch = false;
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world, changes)), 'InvalidInput', expected);
    });
    expect(world.writes).toEqual([]);
  });

  it('goes no further with a commit that is taken off the branch while people think about it', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      world.onBranch = false;
      await approve(run);
      await expectFailure(run, 'Superseded', 'is not on the release branch main any more');
    });
    expect(world.writes).toEqual([]);
  });

  it('shows users nothing of a commit that is taken off the branch while it is staged', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const goOn = world.holdNext('stage');
      const run = await start('deploy', deployOf(world));
      await eventually('nothing is staged', async () => world.isHeld('stage') || undefined);
      world.onBranch = false;
      goOn();
      await expectFailure(run, 'Superseded', 'is not on the release branch main any more');
    });
    expect(world.methods()).not.toContain('shift');
    expect(world.methods()).toContain('restore');
  });

  it('plans only, when asked for a dry run', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      expect((await run.result()).outcome).toContain('planned');
      expect(await run.query('plan')).toMatchObject({ kind: 'deploy', rollbackTo: { revision: 'service-1' } });
    });
    expect(world.writes).toEqual([]);
  });

  it('ends as Rejected when somebody responsible says no, with nothing changed', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      await run.signal('reject', { by: owner, note: 'not on a Friday' });
      await expectFailure(run, 'Rejected', 'not on a Friday');
    });
    expect(world.writes).toEqual([]);
  });

  const oddApprovals: [string, unknown, string][] = [
    ['blank', undefined, 'by:'],
    ['a text', 'yes', 'expected object'],
    ['a list', [owner], 'expected object'],
    ['odd fields', { by: owner, force: true }, 'force'],
    ['a huge one', { by: owner, note: 'x'.repeat(1_500_000) }, 'at most 2000'],
    ['by the requester', { by: developer }, 'may not approve it'],
    ['by the requester in capitals', { by: ' DEVELOPER@example.com' }, 'may not approve it'],
    ['by somebody without the role', { by: 'stranger@example.com' }, 'does not hold'],
    ['for another plan', { by: owner, plan: '0'.repeat(12) }, 'the plan is'],
    ['in a role that is not asked for', { by: owner, role: 'data-owner' }, 'no approval by data-owner is needed'],
  ];
  it('refuses odd approvals by signal and by update, records each, and goes on', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      for (const [index, [name, payload, reason]] of oddApprovals.entries()) {
        await run.signal('approve', payload);
        const { refused } = await until(run, (status) => status.refused.count === 2 * index + 1);
        expect(refused.last.at(-1)?.reason, name).toContain(reason);
        await expect(run.executeUpdate('approve', { args: [payload] }), name).rejects.toMatchObject(
          refusedBecause(reason),
        );
        expect(await until(run, (status) => status.refused.count === 2 * index + 2), name).toMatchObject({
          phase: 'approval',
          approvals: [],
        });
      }
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await run.result();
    });
  });

  it.each([
    ['broken JSON', 'json/plain', '{oops'],
    ['an unknown encoding', 'strange/encoding', 'x'],
  ])(
    'refuses an approval in %s, which any client can send, and the workflow task goes on',
    async (_name, encoding, data) => {
      const world = new World();
      await harness.with(world, async (start) => {
        const run = await start('deploy', deployOf(world));
        await untilAsked(run);
        const payload = { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) };
        await harness.client.workflowService.signalWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: run.workflowId },
          signalName: 'approve',
          input: { payloads: [payload] },
        });
        await until(run, ({ refused }) => refused.count === 1);
        await run.executeUpdate('approve', { args: [{ by: owner }] });
        await run.result();
      });
    },
  );

  it('voids the approvals when the live state changes meanwhile, and asks again', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const before = await untilAsked(run);
      world.changeByHand();
      await run.signal('approve', { by: owner, plan: before.plan.slice(0, 12) });
      const after = await untilAskedAnew(run, before);
      expect(after.approvals).toEqual([]);
      await run.executeUpdate('approve', { args: [{ by: owner, plan: after.plan.slice(0, 12) }] });
      await run.result();
    });
  });

  it('does not begin without a way back, unless an operator says so', async () => {
    const world = new World();
    world.obstacles = ['the serving revision has a mutable tag'];
    await harness.with(world, async (start) => {
      const waiting = await start('deploy', deployOf(world));
      const parked = await untilParked(waiting);
      expect(parked.waitingFor?.what).toContain('mutable tag');
      await decide(waiting, 'abort');
      await expectFailure(waiting, 'Aborted', 'mutable tag');
      expect(world.writes).toEqual([]);
      const run = await start('deploy', deployOf(world));
      await untilParked(run);
      await decide(run, 'skip', { note: 'a copy is at hand' });
      await approve(run);
      await run.result();
      const details = (await statusOf(run)).steps.map(({ name, detail }) => `${name}: ${detail}`);
      expect(details.join('\n')).toMatch(/^queue: holder number \d+ of this environment$/m);
      expect(details).toContain('fence: an earlier holder can no longer write');
    });
  });

  it('waits until nothing else changes the service, then looks at the way back once more', async () => {
    const world = new World();
    const busy = 'service is being changed right now';
    world.changing.push(busy, busy, busy);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      world.obstacles = ['the serving revision was deleted'];
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      const { waitingFor } = await untilParked(run);
      expect(waitingFor?.what).toMatch(/was deleted$/);
      expect(world.changing).toEqual([]);
      await decide(run, 'abort');
      await expectFailure(run, 'Aborted');
    });
  });

  it('queues behind another change of the environment and is told when it is its turn', async () => {
    const world = new World();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const first = await start('deploy', deployOf(world));
      await untilAsked(first);
      const second = await start('deploy', deployOf(world));
      await untilAsked(second);
      await first.signal('approve', { by: owner });
      await untilParked(first);
      await second.signal('approve', { by: owner });
      const queued = await untilWaitingFor(second, 'queue');
      expect(queued.waitingFor?.what).toContain('1 ahead');
      await decide(first, 'retry');
      await first.result();
      // What serves has changed, so the second plan is another one and is asked for again.
      await approve(second);
      await second.result();
      const changes = world.writes.map(({ marker }) => marker.change);
      expect(changes.lastIndexOf(changes[0] ?? '')).toBeLessThan(changes.indexOf(changes.at(-1) ?? ''));
    });
  });
});
