import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { createHarness, failureOf, logErrorsOnly, startTemporal, until, type Harness } from './harness.ts';
import { artifactOf, commits, developer, digestOfCommit, logEntry, owner, World } from './world.ts';

const input = (world: World) => ({
  service: world.service,
  environment: 'staging',
  commit: commits.good,
  requestedBy: developer,
});

describe('deploy', () => {
  let environment: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    environment = await startTemporal();
    harness = await createHarness(environment);
  }, 60_000);
  afterAll(() => environment.teardown());

  it('goes from approval to a verified release', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      const waiting = await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      expect(waiting.waitingFor?.commands[0]).toContain(`--workflow-id ${run.workflowId} --name approve`);
      await run.signal('approve', { by: owner });
      const result = await run.result();
      expect(result).toMatchObject({ commit: commits.good, outcome: expect.stringContaining('released') });
      expect(world.writes.map(({ method }) => method)).toEqual([
        'stamp',
        'stage',
        'syncMigration',
        'runMigration',
        'shift',
      ]);
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
      expect(await failureOf(await start('deploy', { ...input(world), ...changes }))).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining(expected),
      });
    });
    expect(world.writes).toEqual([]);
  });

  it('plans only, when asked for a dry run', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', { ...input(world), dryRun: true });
      expect((await run.result()).outcome).toContain('planned');
      expect(await run.query('plan')).toMatchObject({ kind: 'deploy', rollbackTo: { revision: 'service-1' } });
    });
    expect(world.writes).toEqual([]);
  });

  it('ends as Rejected when somebody responsible says no, with nothing changed', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('reject', { by: owner, note: 'not on a Friday' });
      expect(await failureOf(run)).toEqual({ type: 'Rejected', message: expect.stringContaining('not on a Friday') });
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
    ['in a role that is not asked for', { by: owner, role: 'data-owner' }, 'not asked for'],
  ];
  it('refuses odd approvals by signal and by update, records each, and goes on', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      for (const [index, [name, payload, reason]] of oddApprovals.entries()) {
        await run.signal('approve', payload);
        const { refused } = await until(run, (status) => status.refused.count === 2 * index + 1);
        expect(refused.last.at(-1)?.reason, name).toContain(reason);
        await expect(run.executeUpdate('approve', { args: [payload] }), name).rejects.toMatchObject({
          cause: { type: 'Refused', message: expect.stringContaining(reason) },
        });
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
        const run = await start('deploy', input(world));
        await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
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

  it('restores and holds the artifact when the candidate fails its smoke', async () => {
    const world = new World({
      smoke: [{ name: 'health', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 }],
    });
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      expect(await failureOf(run)).toEqual({ type: 'RolledBack', message: expect.stringContaining('expected 418') });
      expect(world.writes.map(({ method }) => method)).not.toContain('shift');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      expect(await failureOf(await start('deploy', input(world)))).toEqual({
        type: 'OnHold',
        message: expect.stringContaining('expected 418'),
      });
      const environment = harness.client.workflow.getHandle(environmentWorkflowId(world.service, 'staging'));
      await environment.executeUpdate('lift', { args: [{ by: owner, reason: 'the check was wrong' }] });
      const again = await start('deploy', input(world));
      await until(again, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await again.cancel();
      await expect(again.result()).rejects.toThrow();
    });
  });

  it('voids the approvals when the live state changes meanwhile, and asks again', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      const before = await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      world.live = { ...world.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }], key: 'by hand' };
      await run.signal('approve', { by: owner, plan: before.plan.slice(0, 12) });
      const after = await until(run, ({ waitingFor, plan }) => waitingFor?.kind === 'approval' && plan !== before.plan);
      expect(after.approvals).toEqual([]);
      await run.executeUpdate('approve', { args: [{ by: owner, plan: after.plan.slice(0, 12) }] });
      await run.result();
    });
  });

  it('falls back only when the execution itself says that the image predates the command', async () => {
    const world = new World();
    world.migrationOutcomes.push('failed');
    world.logEntries = [logEntry('no such command')];
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      await run.result();
      expect(world.writes.filter(({ method }) => method === 'runMigration').map(({ marker }) => marker.step)).toEqual([
        'migrate',
        'migrate-fallback',
      ]);
    });
  });

  it('restores when a migration fails for another reason', async () => {
    const world = new World();
    world.migrationOutcomes.push('failed');
    world.logEntries = [logEntry('syntax error'), logEntry('Container called exit(1).')];
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      expect((await failureOf(run)).type).toBe('RolledBack');
      expect(world.writes.map(({ method }) => method)).toEqual([
        'stamp',
        'stage',
        'syncMigration',
        'runMigration',
        'restore',
      ]);
    });
  });

  it('parks when the log of a failed migration never arrives, and goes on as a person decides', async () => {
    const world = new World();
    world.migrationOutcomes.push('failed');
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      const parked = await until(run, ({ phase }) => phase === 'parked', 20_000);
      expect(parked.waitingFor).toMatchObject({ kind: 'operator', who: [owner, 'deputy@example.com'] });
      await expect(run.executeUpdate('decide', { args: [{ action: 'skip', by: owner }] })).rejects.toMatchObject({
        cause: { type: 'Refused' },
      });
      await run.executeUpdate('decide', { args: [{ action: 'rollback', by: owner, note: 'enough' }] });
      expect((await failureOf(run)).type).toBe('RolledBack');
    });
  }, 30_000);

  it('leaves the decision to the data owner once an incompatible migration ran', async () => {
    const world = new World({
      smoke: [{ name: 'health', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 }],
    });
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      const asked = await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      expect(asked.waitingFor?.what).toContain('by release-owner and data-owner');
      await run.signal('approve', { by: owner });
      await run.signal('approve', { by: 'data-owner@example.com' });
      const parked = await until(run, ({ phase }) => phase === 'parked');
      expect(parked.waitingFor?.who).toEqual(['data-owner@example.com']);
      expect(world.writes.map(({ method }) => method)).not.toContain('restore');
      await expect(run.executeUpdate('decide', { args: [{ action: 'rollback', by: owner }] })).rejects.toMatchObject({
        cause: { type: 'Refused' },
      });
      await run.executeUpdate('decide', { args: [{ action: 'abort', by: 'data-owner@example.com' }] });
      expect((await failureOf(run)).type).toBe('Aborted');
    });
  });

  it('does not begin without a way back, unless an operator says so', async () => {
    const world = new World();
    world.obstacles = ['the serving revision has a mutable tag'];
    await harness.with(world, async (start) => {
      const refused = await start('deploy', input(world));
      const parked = await until(refused, ({ phase }) => phase === 'parked');
      expect(parked.waitingFor?.what).toContain('mutable tag');
      await refused.executeUpdate('decide', { args: [{ action: 'abort', by: owner }] });
      expect(await failureOf(refused)).toEqual({ type: 'Aborted', message: expect.stringContaining('mutable tag') });
      expect(world.writes).toEqual([]);
      const run = await start('deploy', input(world));
      await until(run, ({ phase }) => phase === 'parked');
      await run.executeUpdate('decide', { args: [{ action: 'skip', by: owner, note: 'a copy is at hand' }] });
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      await run.result();
    });
  });

  it(
    'plans while another change is at work, waits on entry until that is done, and looks at ' +
      'the way back once more',
    async () => {
      const world = new World();
      const busy = 'service is being changed right now';
      world.changing.push(busy, busy, busy);
      await harness.with(world, async (start) => {
        const run = await start('deploy', input(world));
        await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
        world.obstacles = ['the serving revision was deleted'];
        await run.executeUpdate('approve', { args: [{ by: owner }] });
        const { waitingFor } = await until(run, ({ phase }) => phase === 'parked');
        expect(waitingFor?.what).toMatch(/was deleted$/);
        expect(world.changing).toEqual([]);
        await run.executeUpdate('decide', { args: [{ action: 'abort', by: owner }] });
        expect((await failureOf(run)).type).toBe('Aborted');
      });
    },
  );

  it('stops with a drift report, and never overwrites what somebody else wrote', async () => {
    const world = new World();
    world.failNext('shift', 'Drifted', 'the traffic was changed by hand');
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      expect(await failureOf(run)).toEqual({ type: 'Drifted', message: expect.stringContaining('changed by hand') });
      expect(world.writes.map(({ method }) => method)).not.toContain('restore');
    });
  });

  it('queues behind another change of the environment and is told when it is its turn', async () => {
    const world = new World();
    world.failNext('stage', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const first = await start('deploy', input(world));
      await until(first, ({ waitingFor }) => waitingFor?.kind === 'approval');
      const second = await start('deploy', input(world));
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await first.signal('approve', { by: owner });
      await until(first, ({ phase }) => phase === 'parked');
      await second.signal('approve', { by: owner });
      const queued = await until(second, ({ waitingFor }) => waitingFor?.kind === 'queue');
      expect(queued.waitingFor?.what).toContain('1 ahead');
      await first.executeUpdate('decide', { args: [{ action: 'retry', by: owner }] });
      await first.result();
      // What serves has changed, so the second plan is another one and is asked for again.
      await until(second, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await second.signal('approve', { by: owner });
      await second.result();
      const changes = world.writes.map(({ marker }) => marker.change);
      expect(changes.lastIndexOf(changes[0] ?? '')).toBeLessThan(changes.indexOf(changes.at(-1) ?? ''));
    });
  });

  it('restores and frees the environment when it is cancelled', async () => {
    const world = new World();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');
      await run.signal('approve', { by: owner });
      await until(run, ({ phase }) => phase === 'parked');
      await run.cancel();
      await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      expect(world.live.serving[0]?.revision).toBe('service-1');
      const status = await harness.client.workflow
        .getHandle(environmentWorkflowId(world.service, 'staging'))
        .query<EnvironmentStatus>('status');
      expect(status.holder).toBeNull();
      expect(status.ledger.at(-1)?.outcome).toContain('cancelled');
    });
  });
});
