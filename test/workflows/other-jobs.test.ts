import { describe, expect, it } from 'vitest';
import { evidence } from '../../contract/catalog/evidence.ts';
import { deployOf, release, rotationOf, untilAsked, untilAskedAnew } from './runs.ts';
import { openHarness } from './stage.ts';
import { policy } from './signing.ts';
import { deputy, noApprovals, owner, targetEntry, World } from './world.ts';

const harness = openHarness();
const jobs = { smoke: 'a'.repeat(64), evidence: 'b'.repeat(64) };

function openWorld(changes: object = {}): World {
  const world = new World({
    approvals: noApprovals,
    migration: undefined,
    target: { ...targetEntry('service'), smokeJob: 'service-smoke', evidenceJob: 'service-evidence' },
    postDeployGate: { smoke: { command: ['smoke'], args: [], variables: {}, timeoutSeconds: 60 } },
    evidence: evidence.parse({ programs: [{ name: 'info', command: ['info'] }] }),
    ...changes,
  });
  world.live = { ...world.live, jobs };
  return world;
}

/** What a smoke or a program of evidence takes from its job was approved, as that of the migration (invariant I4). */
describe('settings of the smoke job and of the job of evidence', () => {
  it('are part of what is approved: who changes them makes it void, and people read what differs', async () => {
    const required = [{ role: 'release-owner', count: 2 }];
    const world = openWorld({ approvals: { ...policy, required, remindEveryMinutes: 0.05 } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const before = await untilAsked(run);
      await run.executeUpdate('approve', { args: [{ by: owner }] });
      world.live = { ...world.live, jobs: { ...jobs, smoke: 'c'.repeat(64) } };
      const after = await untilAskedAnew(run, before);
      expect(after.approvals).toEqual([]);
      expect(after.waitingFor?.what).toContain('smoke job was (settings aaaaaaaa), is (settings cccccccc)');
      expect(after.waitingFor?.what).not.toContain('job of evidence');
      for (const by of [owner, deputy]) await run.executeUpdate('approve', { args: [{ by, plan: after.plan }] });
      await run.result();
    });
  }, 30_000);

  it('have to be those of the plan when a job gets the image, and of that of a rotation', async () => {
    const world = openWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      expect(world.expectedJobs).toEqual(jobs);
      delete world.expectedJobs.smoke;
      await (await start('rotateSecrets', rotationOf(world))).result();
      expect(world.expectedJobs.smoke).toBe(jobs.smoke);
    });
  });
});
