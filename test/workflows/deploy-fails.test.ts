import { describe, expect, it } from 'vitest';
import { expectFailure, refused } from '../expect-failure.ts';
import { failureOf } from '../failure-of.ts';
import { isoTime } from '../iso-time.ts';
import {
  cancel,
  decide,
  deployOf,
  parkInStage,
  startAndApprove,
  untilAsked,
  untilParked,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import {
  commits,
  dataOwner,
  digestOfCommit,
  failingSmoke,
  incompatible,
  logEntry,
  noApprovals,
  owner,
  World,
} from './world.ts';

const harness = openHarness();

describe('a deploy that cannot go on', () => {
  it('restores and holds the artifact when the candidate fails its smoke', async () => {
    const world = new World({ smoke: failingSmoke });
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await expectFailure(run, 'RolledBack', 'expected 418');
      expect(world.methods()).not.toContain('shift');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      await expectFailure(await start('deploy', deployOf(world)), 'OnHold', 'expected 418');
      await harness.tell(world, 'lift', { reason: 'the check was wrong' });
      const again = await start('deploy', deployOf(world));
      await untilAsked(again);
      await cancel(again);
    });
  });

  it('is refused on entry where its artifact was put on hold meanwhile, with the command that lifts that', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { run } = await parkInStage(start, world);
      const next = await start('deploy', deployOf(world));
      await untilWaitingFor(next, 'queue');
      await decide(run, 'rollback');
      const { type, message } = await failureOf(next);
      expect(type).toBe('OnHold');
      expect(message).toContain('meanwhile this artifact is on hold since');
      expect(message).toContain(
        `./slipway environment lift ${world.service} --environment staging --digest ${digestOfCommit(commits.good)}`,
      );
      expect(message).not.toMatch(isoTime);
    });
  });

  it('is refused by its plan where a filter of the catalog is wrong, before anything is built or asked', async () => {
    const filter = 'severity>=(';
    const world = new World({ logs: [{ name: 'errors', filter, freshnessMinutes: 10, limit: 20 }] });
    world.refusedQuestions.set(filter, 'unexpected end of the filter');
    await harness.with(world, async (start) => {
      const { type, message } = await failureOf(await start('deploy', deployOf(world)));
      expect(type).toBe('InvalidInput');
      expect(message).toContain('logs.errors.filter: unexpected end of the filter');
      expect(world.methods()).toEqual([]);
    });
  });

  it('falls back only when the execution itself says that the image predates the command', async () => {
    const world = new World();
    world.migrationOutcomes.push('failed');
    world.logEntries = [logEntry('no such command')];
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await run.result();
      expect(world.writes.filter(({ method }) => method === 'runMigration').map(({ marker }) => marker.step)).toEqual([
        'migrate',
        'migrate-fallback',
      ]);
    });
  });

  it('restores when a migration fails for another reason', async () => {
    const world = new World();
    world.failNextMigration();
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await expectFailure(run, 'RolledBack');
      expect(world.methods()).toEqual(['stamp', 'stage', 'syncMigration', 'runMigration', 'restore']);
    });
  });

  it('parks when the log of a failed migration never arrives, and goes on as a person decides', async () => {
    const world = new World();
    world.migrationOutcomes.push('failed');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      const parked = await untilParked(run);
      expect(parked.waitingFor).toMatchObject({ kind: 'operator', who: [owner, 'deputy@example.com'] });
      await expect(decide(run, 'skip')).rejects.toMatchObject(refused);
      await decide(run, 'rollback', { note: 'enough' });
      await expectFailure(run, 'RolledBack');
    });
  }, 30_000);

  it('leaves the decision to the data owner once an incompatible migration ran', async () => {
    const world = new World({ smoke: failingSmoke });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const asked = await untilAsked(run);
      expect(asked.waitingFor?.what).toContain('by release-owner and data-owner');
      await run.signal('approve', { by: owner });
      await run.signal('approve', { by: dataOwner });
      const parked = await untilParked(run);
      expect(parked.waitingFor?.who).toEqual([dataOwner]);
      expect(world.methods()).not.toContain('restore');
      await expect(decide(run, 'rollback')).rejects.toMatchObject(refused);
      await decide(run, 'abort', { by: dataOwner });
      await expectFailure(run, 'Aborted');
    });
  });

  it('stops with a drift report, and never overwrites what somebody else wrote', async () => {
    const world = new World();
    world.failNext('shift', 'Drifted', 'the traffic was changed by hand');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await expectFailure(run, 'Drifted', 'changed by hand');
      expect(world.methods()).not.toContain('restore');
    });
  });

  it('restores and frees the environment when it is cancelled', async () => {
    const world = new World();
    world.failNext('shift', 'Unknown', 'nobody knows');
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run);
      expect((await cancel(run)).type).toBe('CancelledFailure');
      expect(world.live.serving[0]?.revision).toBe('service-1');
      const status = await harness.environmentStatus(world);
      expect(status.holder).toBeNull();
      expect(status.ledger.at(-1)?.outcome).toContain('cancelled');
    });
  });
});
