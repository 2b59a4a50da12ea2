import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { createTemporalEnvironments } from '../../activities/temporal/environments.ts';
import { changeEntries } from '../../contract/ledger.ts';
import { failureOf, until, type ChangeHandle } from './harness.ts';
import {
  approve,
  decide,
  deployOf,
  parkInStage,
  release,
  rollBack,
  untilAsked,
  untilInStep,
  untilParked,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, digestOfCommit, noApprovals, owner, World } from './world.ts';

/** Messages between our own runs, sent by somebody who only has a Temporal client. */

const harness = openHarness();
const stranger = { change: 'c000000000', by: 'stranger@laptop', reason: 'I do not want to wait for the bake' };
const forgedEntry = {
  kind: 'deploy',
  outcome: 'released',
  commit: 'e'.repeat(40),
  digest: `sha256:${'e'.repeat(64)}`,
  revision: 'service-e',
  plan: '',
  by: 'stranger@laptop',
  reason: '',
  migrations: [],
  verified: true,
};

describe('a forged message between runs', () => {
  const environmentId = (world: World) => harness.environment(world).workflowId;
  const callerOf = async ({ workflowId }: ChangeHandle) => {
    const { raw } = await harness.client.workflow.getHandle(workflowId).describe();
    return { workflowId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId ?? '' };
  };

  /** An update that anybody sends; resolves with how it was answered. */
  const update = async (handle: WorkflowHandle, name: string, ...args: unknown[]): Promise<string> => {
    try {
      await handle.executeUpdate(name, { args: args as [unknown] });
      return 'accepted';
    } catch (error) {
      const cause = error instanceof Error && error.cause ? error.cause : error;
      return cause !== null && typeof cause === 'object' && 'type' in cause ? String(cause.type) : String(cause);
    }
  };

  it.each(['preempt', 'frozen', 'granted'])('that is blank does not brick a run: %s', async (name) => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      await run.signal(name);
      await run.signal(name, null);
      await until(run, ({ refused }) => refused.count === 2);
      await approve(run);
      expect((await run.result()).outcome).toContain('released');
    });
  });

  it.each(['join', 'leave'])('that is blank or odd is refused by the environment: %s', async (name) => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const payloads = [[], [null], [{}], ['x'], [[]]];
      for (const payload of payloads)
        expect(await update(harness.environment(world), name, ...payload)).toBe('Refused');
      expect((await harness.environmentStatus(world)).refused).toMatchObject({
        count: payloads.length,
        last: [{ message: name }, {}, {}, {}, {}],
      });
      await release(start, world);
    });
  });

  it('does not end a deploy that has shifted: preempt by anybody', async () => {
    const world = new World({ approvals: noApprovals });
    const reads = world.holdNext('readBack');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilInStep(run, 'read-back');
      await run.signal('preempt', stranger);
      await run.signal('preempt', {});
      await run.signal('preempt', { environment: environmentId(world) });
      await until(run, ({ refused }) => refused.count === 3);
      reads();
      expect((await run.result()).outcome).toContain('released');
      expect((await harness.environmentStatus(world)).ledger.at(-1)).toMatchObject({ verified: true });
    });
  });

  it('does not free an environment: leave by anybody', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await parkInStage(start, world);
      expect(await update(harness.environment(world), 'leave', { change, entry: null })).toBe('Refused');
      expect(await update(harness.environment(world), 'leave', await callerOf(run))).toBe('Refused');
      expect((await harness.environmentStatus(world)).holder?.change).toBe(change);
      await decide(run, 'retry');
      await run.result();
      expect((await harness.environmentStatus(world)).ledger).toMatchObject([{ change, verified: true }]);
    });
  });

  it('does not get into the ledger: leave with an entry', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run, change } = await parkInStage(start, world);
      expect(await update(harness.environment(world), 'leave', { change, entry: forgedEntry })).toBe('Refused');
      expect(world.ledger).toEqual([]);
      await decide(run, 'retry');
      await run.result();
      expect(changeEntries((await harness.environmentStatus(world)).ledger).map(({ digest }) => digest)).toEqual([
        digestOfCommit(commits.good),
      ]);
    });
  });

  it('does not put a deploy into the queue as a rollback: join in its name', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { change } = await untilAsked(run);
      await harness.client.workflow.start('environment', {
        workflowId: environmentId(world),
        taskQueue: (await run.describe()).taskQueue,
        args: [{ service: world.service, environment: 'staging' }],
      });
      const caller = await callerOf(run);
      const request = { ...caller, change, kind: 'rollback', owner, reason: '', commit: '', digest: '' };
      expect(await update(harness.environment(world), 'join', request)).toBe('Refused');
      expect(await update(harness.environment(world), 'join', caller)).toBe('Refused');
      expect(await harness.environmentStatus(world)).toMatchObject({ holder: null, queue: [] });
      await approve(run);
      await run.result();
      expect((await harness.environmentStatus(world)).ledger).toMatchObject([{ kind: 'deploy', change }]);
    });
  });

  it('does not make a holder yield to a ghost: join of a run that does not exist', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      const ghost = { workflowId: 'ghost', firstExecutionRunId: 'ghost' };
      const request = { ...ghost, change: 'ghost', kind: 'rollback', owner, reason: '', commit: '', digest: '' };
      expect(await update(harness.environment(world), 'join', request)).toBe('Refused');
      expect(await update(harness.environment(world), 'join', ghost)).toBe('Refused');
      expect((await harness.environmentStatus(world)).queue).toEqual([]);
      await decide(run, 'retry');
      expect((await run.result()).outcome).toContain('released');
    });
  });

  it('of a run about another environment, or of another kind, or of another worker is refused', async () => {
    const [world, other] = [new World(), new World({ approvals: noApprovals })];
    await harness.with(other, async (start) => {
      await release(start, other);
      const foreign = await start('checkDrift', { service: other.service });
      expect(await update(harness.environment(other), 'join', await callerOf(foreign))).toBe('Refused');
      await foreign.result().catch(() => undefined);
      await harness.with(world, async (startElsewhere) => {
        const run = await startElsewhere('deploy', deployOf(world));
        await untilAsked(run);
        expect(await update(harness.environment(other), 'join', await callerOf(run))).toBe('Refused');
        await run.cancel();
        await failureOf(run);
      });
      expect(await harness.environmentStatus(other)).toMatchObject({ holder: null, queue: [], refused: { count: 2 } });
    });
  });

  it('does not make an environment follow a ghost for ever: a run that is not there has ended', async () => {
    const environments = createTemporalEnvironments(harness.client);
    expect(await environments.closed('ghost', randomUUID())).toBe('not found');
  });

  it('does not decide a parked step: frozen with a number', async () => {
    const world = new World();
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    const ends = world.holdNext('runMigration');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      for (const by of [owner, 'data-owner@example.com']) await run.executeUpdate('approve', { args: [{ by }] });
      await until(run, ({ phase }) => phase === 'migrating');
      await harness.environment(world).executeUpdate('freeze', { args: [{ by: owner, reason: 'stocktaking' }] });
      ends();
      await untilParked(run);
      await run.signal('frozen', { number: 1e9, freeze: null });
      await run.signal('frozen', { environment: 'environment/another/staging' });
      const { phase } = await until(run, ({ refused }) => refused.count === 2);
      expect(phase).toBe('parked');
      await harness.environment(world).executeUpdate('unfreeze', { args: [{ by: owner, reason: 'counted' }] });
      expect((await run.result()).outcome).toContain('released');
    });
  });

  const forgedState = {
    number: 900,
    holder: null,
    queue: [],
    freeze: null,
    holds: [],
    ledger: [{ ...forgedEntry, number: 899, change: 'c1', at: '2026-01-01T00:00:00Z', previous: '', hash: 'x' }],
    handOver: null,
    departures: [],
    window: null,
    windows: '',
    windowEnded: null,
    announcedTo: null,
    unverified: false,
    unsettled: false,
    orphanedWrite: null,
    lockBroken: null,
    refused: { count: 0, last: [] },
  };
  it.each<[string, unknown]>([
    ['a whole state', forgedState],
    ['a word', 'x'],
    ['an empty object', {}],
    ['a list', []],
  ])('does not become the state of an environment: it is started with %s', async (_name, carried) => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const { taskQueue } = await harness.environment(world).describe();
      await harness.environment(world).terminate('by a test');
      await harness.client.workflow.start('environment', {
        workflowId: environmentId(world),
        taskQueue,
        args: [{ service: world.service, environment: 'staging', carried }],
      });
      await harness.untilEnvironment(world, ({ phase, ledger }) => phase === 'free' && ledger.length > 0);
      const seen = await harness.environmentStatus(world);
      expect(seen.ledger).toEqual([expect.objectContaining({ digest: digestOfCommit(commits.good), number: 1 })]);
      expect(seen.refused.last).toMatchObject([{ message: 'carried' }]);
      await harness.untilEnvironment(world, ({ number }) => number === 2);
      expect(world.writes.at(-1)?.marker).toMatchObject({ step: 'take-over', fence: { number: 2 } });
      expect((await rollBack(start, world)).outcome).toContain(
        'rolled back to commit aaaaaaaaaaaa (revision service-1',
      );
    });
  });
});
