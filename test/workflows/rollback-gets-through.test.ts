import { describe, expect, it } from 'vitest';
import { finalFailure } from '../../activities/failure.ts';
import { environmentWorkflowId, incidentWorkflowId } from '../../contract/ids.ts';
import { changeEntries } from '../../contract/ledger.ts';
import { expectFailure } from '../expect-failure.ts';
import { until, type ChangeHandle, type Start } from './harness.ts';
import {
  cancel,
  changeOf,
  decide,
  deployOf,
  release,
  restartOf,
  rollbackOf,
  statusOf,
  timelineOf,
  untilAsked,
  untilAskedAnew,
  untilInStep,
  untilParked,
  untilToldOfRollback,
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

const people: Record<string, string> = { 'release-owner': owner, 'data-owner': dataOwner };

/** Everybody who is asked approves. */
async function approveAsAsked(run: ChangeHandle): Promise<void> {
  const { waitingFor } = await untilAsked(run);
  for (const { role } of waitingFor?.asked ?? [])
    await run.executeUpdate('approve', { args: [{ by: people[role], role }] });
}

const expectOldState = ({ live }: World) =>
  expect(live).toMatchObject({
    serving: [{ commit: commits.old }],
    template: { digest: digestOfCommit(commits.old) },
    job: { digest: digestOfCommit(commits.old) },
  });

describe('a rollback that plans again after it was granted', () => {
  const approvals = {
    ...noApprovals,
    rollback: [{ role: 'release-owner', count: 1 }],
    requesterMayApprove: true,
    signOffs: { smoke: [{ role: 'data-owner', count: 1 }] },
  };

  /**
   * While people think about the rollback, the deploy that it is to stop gives users its half-made state: an
   * incompatible migration has run, and it bakes. The platform has pinned the traffic meanwhile.
   */
  async function untilVoid(start: Start, world: World): Promise<{ rollback: ChangeHandle; deploy: ChangeHandle }> {
    world.migrations.set(commits.good, [incompatible]).set(commits.bad, [incompatible]);
    const deploy = await start('deploy', deployOf(world));
    await approveAsAsked(deploy);
    await untilAsked(deploy, 'sign-off of the smoke');
    world.live = { ...world.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }] };
    const rollback = await start('rollback', rollbackOf(world, { to: 'service-1' }));
    const planned = await untilAsked(rollback);
    const goOn = world.holdNext('logs');
    await deploy.executeUpdate('approve', { args: [{ by: dataOwner }] });
    await untilInStep(deploy, 'bake');
    await rollback.executeUpdate('approve', { args: [{ by: owner }] });
    await untilToldOfRollback(deploy);
    goOn();
    await expectFailure(deploy, 'Preempted');
    await untilAskedAnew(rollback, planned);
    return { rollback, deploy };
  }

  it('keeps its grant and what it was handed over, and asks for the schema before it restores', async () => {
    const world = new World({ approvals });
    await harness.with(world, async (start) => {
      const { rollback } = await untilVoid(start, world);
      const next = await start('deploy', deployOf(world, { commit: commits.bad }));
      await untilWaitingFor(next, 'queue');
      const change = await changeOf(rollback);
      expect((await harness.environmentStatus(world)).holder?.change).toBe(change);
      expect(world.methods(change)).toEqual([]);
      await approveAsAsked(rollback);
      const { waitingFor } = await untilParked(rollback, 'schema');
      expect(waitingFor).toMatchObject({ who: [dataOwner], what: expect.stringContaining('1_rename.sql') });
      expect(world.methods(change)).toEqual([]);
      await decide(rollback, 'markDone', { by: dataOwner, evidence: 'the column is back, checked' });
      await rollback.result();
      expectOldState(world);
      // The deploy had found it so.
      expect(world.live.traffic).toEqual([{ revision: null, percent: 100, tag: null }]);
      await cancel(next);
    });
  });

  it('leaves what it was handed over to the next rollback, if it is rejected then', async () => {
    const world = new World({ approvals });
    await harness.with(world, async (start) => {
      const { rollback } = await untilVoid(start, world);
      await rollback.executeUpdate('reject', { args: [{ by: owner, note: 'another one' }] });
      await expectFailure(rollback, 'Rejected');
      const again = await start('rollback', rollbackOf(world, { to: 'service-1', schemaVersion: '0_first.sql' }));
      await approveAsAsked(again);
      await untilParked(again, 'schema');
      await decide(again, 'markDone', { by: dataOwner, evidence: 'the column is back, checked' });
      await again.result();
      expectOldState(world);
      expect(world.live.traffic).toEqual([{ revision: null, percent: 100, tag: null }]);
    });
  });
});

describe('a rollback behind a change', () => {
  const expectTakenOver = async (start: Start, world: World, deploy: ChangeHandle): Promise<void> => {
    const rollback = await start('rollback', rollbackOf(world));
    await expectFailure(deploy, 'Preempted');
    await rollback.result();
    expectOldState(world);
  };

  it('that is parked in its own restore takes over', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      world.failNext('restore', 'Denied', 'run.services.update is denied');
      const deploy = await start('deploy', deployOf(world));
      await untilParked(deploy, 'restore');
      world.entry.settings.smoke = [];
      await expectTakenOver(start, world, deploy);
    });
  });

  it('that is parked before its fallback migration takes over', async () => {
    const world = new World({ approvals: noApprovals });
    world.migrationOutcomes.push('failed');
    world.logEntries = [logEntry('no such command')];
    await harness.with(world, async (start) => {
      const runs = world.holdNext('runMigration');
      const deploy = await start('deploy', deployOf(world));
      await untilInStep(deploy, 'migrate');
      world.failNext('syncMigration', 'Denied', 'run.jobs.update is denied');
      runs();
      await untilParked(deploy, 'sync-job-fallback');
      world.logEntries = [];
      const rollback = await start('rollback', rollbackOf(world));
      await expectFailure(deploy, 'Preempted');
      await rollback.result();
      expectOldState(world);
    });
  });

  it.each(['restore', 'syncMigration'])('whose %s waits for a platform that is away takes over', async (method) => {
    const world = new World({ approvals: noApprovals });
    world.standstillMs = 500;
    world.away.add(method);
    await harness.with(world, async (start) => {
      if (method === 'restore') world.entry.settings.smoke = failingSmoke;
      const deploy = await start('deploy', deployOf(world));
      const { waitingFor } = await untilWaitingFor(deploy, 'platform');
      expect(waitingFor?.what).toContain(`UNAVAILABLE: ${method} has no answer`);
      world.entry.settings.smoke = [];
      const rollback = await start('rollback', rollbackOf(world));
      await expectFailure(deploy, 'Preempted');
      world.away.clear();
      await rollback.result();
      expectOldState(world);
    });
  });

  it('is not stopped by a catalog that cannot be read when it enters', async () => {
    const world = new World({ approvals: { ...noApprovals, rollback: [{ role: 'release-owner', count: 1 }] } });
    await harness.with(world, async (start) => {
      await release(start, world);
      const rollback = await start('rollback', rollbackOf(world, { requestedBy: dataOwner }));
      await untilAsked(rollback);
      world.catalogIsBroken = true;
      await rollback.executeUpdate('approve', { args: [{ by: owner }] });
      await rollback.result();
      expectOldState(world);
      expect(await timelineOf(rollback)).toContainEqual(expect.stringContaining('the catalog cannot be read'));
    });
  });
});

describe('while the catalog cannot be read', () => {
  it.each([
    ['rollback', rollbackOf],
    ['restart', restartOf],
  ])('a %s that starts waits, says so, and goes on by itself', async (type, inputOf) => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      await release(start, world);
      world.catalogIsBroken = true;
      const run = await start(type, inputOf(world));
      const { waitingFor } = await untilWaitingFor(run, 'platform');
      expect(waitingFor?.what).toContain('the catalog, which cannot be read: unknown');
      world.catalogIsBroken = false;
      await run.result();
      expect((await statusOf(run)).waitingFor).toBeNull();
      expect(await timelineOf(run)).toContainEqual(expect.stringContaining('waits for the catalog'));
    });
  });

  it('an incident that is opened waits, says so, and goes on by itself', async () => {
    const world = new World({ approvals: noApprovals });
    world.catalogIsBroken = true;
    await harness.with(world, async (start) => {
      const { service } = world;
      const input = { service, environment: 'staging', title: 'errors', openedBy: owner };
      const incident = await start('incident', input, incidentWorkflowId(service, 'staging', 'errors'));
      expect((await untilWaitingFor(incident, 'platform')).waitingFor?.what).toContain('the catalog');
      world.catalogIsBroken = false;
      await until(incident, ({ phase }) => phase !== 'starting');
      await incident.terminate('by a test');
    });
  });

  it('a deploy ends: who has sent it hears what is wrong', async () => {
    const world = new World({ approvals: noApprovals });
    world.catalogIsBroken = true;
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'InvalidInput', 'unknown');
    });
  });

  it('a rollback that waits can be cancelled', async () => {
    const world = new World({ approvals: noApprovals });
    world.catalogIsBroken = true;
    await harness.with(world, async (start) => {
      const rollback = await start('rollback', rollbackOf(world));
      await untilWaitingFor(rollback, 'platform');
      await cancel(rollback);
    });
  });

  it('an environment that begins anew waits, and the rollback goes on as soon as it has read it', async () => {
    const world = new World({ approvals: { ...noApprovals, rollback: [{ role: 'release-owner', count: 1 }] } });
    await harness.with(world, async (start) => {
      await release(start, world);
      const rollback = await start('rollback', rollbackOf(world, { requestedBy: dataOwner }));
      await untilAsked(rollback);
      world.catalogIsBroken = true;
      await harness.environment(world).terminate('by a test');
      await rollback.executeUpdate('approve', { args: [{ by: owner }] });
      await harness.untilEnvironment(world, ({ waitingFor }) => waitingFor?.what.includes('the catalog') === true);
      world.catalogIsBroken = false;
      await rollback.result();
      expectOldState(world);
    });
  }, 30_000);
});

describe('a rollback while the stored ledger cannot be read, in an environment that begins anew', () => {
  const serves = (commit: string, revision: string) => ({
    revision,
    digest: digestOfCommit(commit),
    image: '',
    commit,
  });

  function impatientWorld(changes: object = {}): World {
    const world = new World({ approvals: noApprovals, ...changes });
    world.standstillMs = 500;
    return world;
  }

  /** The environment is gone, and its ledger's store is away when a new one begins. */
  async function loseLedger(start: Start, world: World): Promise<() => void> {
    await expect.poll(() => world.ledger.length).toBe(1);
    await harness.environment(world).terminate('by a test');
    world.revisions = [serves(commits.good, 'service-2'), serves(commits.old, 'service-1')];
    const { list } = world.texts;
    world.texts.list = async () => {
      throw finalFailure('Denied', 'the bucket is denied');
    };
    const place = { service: world.service, environment: 'staging' };
    await start('environment', place, environmentWorkflowId(place.service, place.environment));
    await harness.untilEnvironment(
      world,
      ({ waitingFor }) => waitingFor?.what.includes('the bucket is denied') === true,
    );
    return () => {
      world.texts.list = list.bind(world.texts);
    };
  }

  it('goes to the revision that a person names, and says what nobody could check', async () => {
    const world = impatientWorld({ migration: undefined });
    await harness.with(world, async (start) => {
      await release(start, world);
      const end = await loseLedger(start, world);
      const rollback = await start('rollback', rollbackOf(world, { to: 'service-1' }));
      await rollback.result();
      expect(world.live.serving).toMatchObject([{ commit: commits.old }]);
      const said = (await timelineOf(rollback)).join('\n');
      expect(said).toContain('as the platform has it');
      expect(said).toContain('could not be checked: whether it was ever verified, and whether it is on hold');
      end();
      await expect
        .poll(() => world.ledger.map(({ kind }) => kind), { timeout: 20_000 })
        .toEqual(['deploy', 'rollback']);
    });
  }, 60_000);

  it('takes the schema for unknown: it wants a version, and the data owner decides', async () => {
    const world = impatientWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      await loseLedger(start, world);
      const blind = await start('rollback', rollbackOf(world, { to: 'service-1' }));
      await expectFailure(blind, 'InvalidInput', 'schemaVersion');
      const rollback = await start('rollback', rollbackOf(world, { to: 'service-1', schemaVersion: '0_first.sql' }));
      expect((await untilParked(rollback, 'schema')).waitingFor?.who).toEqual([dataOwner]);
      expect(world.changesThat('restore')).toEqual([]);
      await decide(rollback, 'markDone', { by: dataOwner, evidence: 'looked at the schema: it is the old one' });
      await rollback.result();
      expect(world.live.serving).toMatchObject([{ commit: commits.old }]);
    });
  }, 60_000);

  it('waits without a name, says what a person can do, and goes on when the store is back', async () => {
    const world = impatientWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      const end = await loseLedger(start, world);
      const rollback = await start('rollback', rollbackOf(world));
      const { waitingFor } = await untilWaitingFor(rollback, 'platform');
      expect(waitingFor?.what).toContain('the stored ledger cannot be read');
      expect(waitingFor?.what).toMatch(/cancel this rollback and start it again.*--to.*service-2.*service-1/);
      end();
      await rollback.result();
      expectOldState(world);
    });
  }, 60_000);

  it('and a deploy waits for its plan, says so, and parks nothing', async () => {
    const world = impatientWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      const end = await loseLedger(start, world);
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      const { waitingFor, steps } = await untilWaitingFor(deploy, 'platform');
      expect(waitingFor?.what).toContain('the stored ledger cannot be read: the bucket is denied');
      expect(steps.map(({ state }) => state)).not.toContain('parked');
      end();
      expect((await deploy.result()).outcome).toContain('released');
    });
  }, 60_000);
});

describe('a restore', () => {
  it('never gives up: it goes on when the platform is back, and nobody has to decide', async () => {
    const world = new World({ approvals: noApprovals, smoke: failingSmoke });
    world.standstillMs = 500;
    world.away.add('restore');
    await harness.with(world, async (start) => {
      const deploy = await start('deploy', deployOf(world));
      const { phase } = await untilWaitingFor(deploy, 'platform');
      expect(phase).toBe('restoring');
      world.away.clear();
      await expectFailure(deploy, 'RolledBack');
      expectOldState(world);
      expect(world.methods().filter((method) => method === 'restore')).toHaveLength(1);
      expect((await statusOf(deploy)).waitingFor).toBeNull();
    });
  });
});

describe('a verified release', () => {
  it('is not taken back while its environment does not take its entry: it leaves as soon as that hears', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('leave', 'Refused', 'the message could not be judged');
      const deploy = await start('deploy', deployOf(world));
      const { waitingFor } = await until(deploy, ({ waitingFor: wait }) => wait?.kind === 'platform');
      expect(waitingFor?.what).toContain('to hear of the end: the message could not be judged');
      await deploy.result();
      expect(world.methods()).not.toContain('restore');
      expect(changeEntries((await harness.environmentStatus(world)).ledger)).toMatchObject([{ verified: true }]);
    });
  });
});
