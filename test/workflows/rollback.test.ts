import { describe, expect, it } from 'vitest';
import { expectFailure, refused } from '../expect-failure.ts';
import { textIn } from '../text-in.ts';
import {
  approve,
  changeOf,
  decide,
  deployOf,
  release,
  rollBack,
  rollbackOf,
  startAndApprove,
  statusOf,
  timelineOf,
  untilAsked,
  untilParked,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, dataOwner, digestOfCommit, incompatible, noApprovals, World } from './world.ts';

const harness = openHarness();

describe('rollback', () => {
  it('goes back to what served before, keeps parity, and holds what it left', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      const run = await start('rollback', rollbackOf(world));
      expect((await run.result()).outcome).toContain('rolled back to commit aaaaaaaaaaaa (revision service-1');
      const planned = (await statusOf(run)).steps.find(({ name }) => name === 'plan')?.detail;
      expect(planned).toMatch(/; serves now: commit b{12} \(revision service-c.*\); runs no migration/);
      expect(world.live.serving[0]).toMatchObject({ revision: 'service-1', digest: digestOfCommit(commits.old) });
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.old));
      const { ledger, holds } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'rollback', verified: true, digest: digestOfCommit(commits.old) });
      expect(holds.map(({ digest }) => digest)).toEqual([digestOfCommit(commits.good)]);
    });
  });

  it('says that there is nothing further to go back to, instead of returning to the bad one', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await rollBack(start, world);
      await expectFailure(await start('rollback', rollbackOf(world)), 'InvalidInput', 'no earlier state');
    });
  });

  it('goes further back each time, and never to what it left', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await release(start, world, { commit: commits.bad });
      expect((await rollBack(start, world)).commit).toBe(commits.good);
      expect((await rollBack(start, world)).commit).toBe(commits.old);
      expect((await harness.environmentStatus(world)).holds.map(({ commit }) => commit)).toEqual([
        commits.bad,
        commits.good,
      ]);
      await expectFailure(
        await start('rollback', rollbackOf(world)),
        'InvalidInput',
        /no earlier state.*on hold: c{12}.*, b{12}/,
      );
    });
  });

  it('goes to a named state, and lists what is known when the name is not', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await release(start, world);
      await release(start, world, { commit: commits.bad });
      await expectFailure(await start('rollback', rollbackOf(world, { to: 'nothing-known' })), 'InvalidInput', change);
      expect((await rollBack(start, world, { to: change, dryRun: true })).outcome).toContain('nothing was changed');
      expect(world.live.serving[0]?.commit).toBe(commits.bad);
      expect((await rollBack(start, world, { to: change })).digest).toBe(digestOfCommit(commits.good));
    });
  });

  it('to what serves already touches nothing; when the job deviates, it repairs that', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await release(start, world);
      const before = world.writes.length;
      expect((await rollBack(start, world, { to: change })).outcome).toContain('serves already');
      expect(world.writes).toHaveLength(before);
      world.live = { ...world.live, job: world.live.job && { ...world.live.job, digest: digestOfCommit(commits.old) } };
      await rollBack(start, world, { to: change });
      expect(world.live.job?.digest).toBe(digestOfCommit(commits.good));
      expect((await harness.environmentStatus(world)).holds).toEqual([]);
    });
  });

  it('takes back a release that brought only another configuration, and never returns to it', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const good = await release(start, world);
      const other = await release(start, world);
      expect(other.revision).not.toBe(good.revision);
      const run = await start('rollback', rollbackOf(world));
      expect(await run.result()).toMatchObject({ revision: good.revision, digest: good.digest });
      expect(textIn(await timelineOf(run))).toContain('only the configuration goes back, the image stays');
      expect(world.live.serving).toMatchObject([{ revision: good.revision, digest: good.digest, percent: 100 }]);
      // The image is the good one still: nothing of it is on hold.
      expect((await harness.environmentStatus(world)).holds).toEqual([]);
      expect((await rollBack(start, world)).commit).toBe(commits.old);
    });
  });

  it('releases the artifact again where its revision is gone', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.failNext('restore', 'Missing', 'service-1 does not exist any more');
      await rollBack(start, world);
      expect(world.writes.slice(-4).map(({ method }) => method)).toEqual(['stamp', 'stage', 'syncMigration', 'shift']);
      expect(world.live).toMatchObject({
        serving: [{ commit: commits.old }],
        job: { digest: digestOfCommit(commits.old) },
      });
    });
  });

  it('passes a freeze', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      await harness.tell(world, 'freeze', { reason: 'holidays' });
      await rollBack(start, world);
      expect(world.live.serving[0]?.revision).toBe('service-1');
    });
  });

  it('stops a deploy at its next safe point, which hands over and does not restore', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const { change } = await release(start, world);
      world.failNext('shift', 'Unknown', 'nobody knows');
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilParked(deploy);
      const rollback = await start('rollback', rollbackOf(world, { to: change }));
      await expectFailure(deploy, 'Preempted', 'errors since the release');
      expect((await rollback.result()).digest).toBe(digestOfCommit(commits.good));
      expect(world.changesThat('restore')).toEqual([await changeOf(rollback)]);
    });
  });

  it('across an incompatible migration is refused, then done with the data owner', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      const deploy = await startAndApprove(start, world, dataOwner);
      await deploy.result();
      const before = world.writes.length;
      await expectFailure(await start('rollback', rollbackOf(world)), 'InvalidInput', '1_rename.sql');
      expect(world.writes).toHaveLength(before);
      const run = await start('rollback', rollbackOf(world, { schemaVersion: '0_before_rename' }));
      await untilAsked(run);
      await expect(run.executeUpdate('approve', { args: [{ by: 'deputy@example.com' }] })).rejects.toMatchObject(
        refused,
      );
      await run.executeUpdate('approve', { args: [{ by: dataOwner }] });
      await untilParked(run);
      await expect(decide(run, 'markDone', { by: dataOwner })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('evidence') },
      });
      await decide(run, 'markDone', { by: dataOwner, evidence: 'renamed back, reads and writes checked' });
      await run.result();
      expect(world.live.serving[0]?.revision).toBe('service-1');
    });
  });

  it('across an incompatible migration is not gone round by a deploy of the older commit', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      await (await startAndApprove(start, world, dataOwner)).result();
      const before = world.writes.length;
      await expectFailure(await start('rollback', rollbackOf(world)), 'InvalidInput', '1_rename.sql');
      const deploy = await start('deploy', deployOf(world, { commit: commits.old }));
      const asked = await untilAsked(deploy);
      expect(asked.waitingFor?.what).toContain('by data-owner');
      expect(asked.steps.find(({ name }) => name === 'plan')?.detail).toContain(
        'the schema may have what its code does not know: 1_rename.sql (incompatible)',
      );
      expect(world.writes).toHaveLength(before);
      await approve(deploy, dataOwner);
      await deploy.result();
      expect(world.live.serving[0]?.commit).toBe(commits.old);
    });
  });

  it('to what needs a schema that was brought back by hand is a decision about the schema, too', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      const { change } = await (await startAndApprove(start, world, dataOwner)).result();
      const back = await start('rollback', rollbackOf(world, { schemaVersion: '0_before_rename' }));
      await approve(back, dataOwner);
      await untilParked(back);
      await decide(back, 'markDone', { by: dataOwner, evidence: 'renamed back, reads and writes checked' });
      await back.result();
      await harness.tell(world, 'lift', { reason: 'it was not the release' });
      const why = 'a schema that was brought back by hand since then';
      await expectFailure(await start('rollback', rollbackOf(world, { to: change })), 'InvalidInput', why);
    });
  });
});
