import { describe, expect, it } from 'vitest';
import { bellNames } from '../../contract/bells.ts';
import {
  endByWord,
  episodeOf,
  openByAlert,
  openIncident,
  refusalOf,
  say,
  untilIncident,
  untilTriaged,
} from './incident-runs.ts';
import { deployOf, release, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const settings = { approvals: noApprovals };

describe('the freeze of a grave incident', () => {
  it('keeps a deploy waiting, lets the rollback of its mitigation pass, and ends with the incident', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { digest } = await release(start, world);
      await release(start, world, { commit: commits.bad });
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      const { freeze } = await harness.untilEnvironment(world, (status) => status.freeze !== null);
      expect(freeze).toMatchObject({ by: run.workflowId, reason: expect.stringContaining('SEV-1: no run starts') });
      const deploy = await start('deploy', deployOf(world));
      const { waitingFor } = await untilWaitingFor(deploy, 'freeze');
      expect(waitingFor?.what).toContain(run.workflowId);
      expect(await refusalOf(harness.tell(world, 'unfreeze', { reason: 'I want to' }))).toContain('by an incident');
      await untilTriaged(run);
      await say(run, 'mitigate');
      await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations[0]?.succeeded === true);
      expect((await harness.environmentStatus(world)).runs?.digest).toBe(digest);
      await endByWord(run);
      await deploy.result();
      expect((await harness.environmentStatus(world)).freeze).toBeNull();
    });
  });

  it('lets a deploy pass that mends it, before the deploy that waits, and by no other word', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.bad });
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      // Its id is that of a mitigation; nobody but the incident can say that it is one.
      const waiting = await start('deploy', deployOf(world, { commit: commits.old }), `${run.workflowId}/mitigation-9`);
      await untilWaitingFor(waiting, 'freeze');
      await untilTriaged(run);
      await say(run, 'mitigate', { action: 'deploy', commit: commits.good });
      const { mitigations } = await untilIncident(run, 'mitigated', (status) => status.mitigations[0]?.endedAt != null);
      expect(mitigations[0]).toMatchObject({ name: 'deploy', succeeded: true });
      const { runs, freeze, queue } = await harness.environmentStatus(world);
      expect(runs?.commit).toBe(commits.good);
      expect(freeze?.reason).toBe('sale weekend');
      expect(queue.map(({ workflowId }) => workflowId)).toEqual([waiting.workflowId]);
      await harness.tell(world, 'unfreeze', { reason: 'it is over' });
      await endByWord(run);
      await waiting.result();
    });
  });

  it('does not stop a deploy that mends it when it begins', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.bad });
      const run = await openIncident(start, world, { severity: 'SEV-3' });
      await untilTriaged(run);
      const goOn = world.holdNext('stage');
      await say(run, 'mitigate', { action: 'deploy', commit: commits.good });
      await harness.untilEnvironment(world, ({ holder }) => holder?.commit === commits.good);
      await say(run, 'classify', { severity: 'SEV-1' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      goOn();
      const { mitigations } = await untilIncident(run, 'mitigated', (status) => status.mitigations[0]?.endedAt != null);
      expect(mitigations[0]).toMatchObject({ succeeded: true });
      expect((await harness.environmentStatus(world)).ledger.map(({ kind }) => kind)).toEqual(['deploy', 'deploy']);
      await endByWord(run);
    });
  });

  it('ends when it is classified as SEV-3, and when its run is terminated', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      const run = await openIncident(start, world, { severity: 'SEV-2' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      await untilTriaged(run);
      await say(run, 'classify', { severity: 'SEV-3' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze === null);
      await say(run, 'classify', { severity: 'SEV-1' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      await run.terminate();
      // Who wants to release is somebody who waits, so the environment looks at once.
      await release(start, world);
      await harness.untilEnvironment(world, ({ freeze }) => freeze === null);
    });
  });

  it("goes on beside a person's own freeze, which a person can end", async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      const run = await openIncident(start, world, { severity: 'SEV-1' });
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      expect((await harness.environmentStatus(world)).freeze?.by).toBe(owner);
      await harness.tell(world, 'unfreeze', { reason: 'it is over' });
      expect((await harness.environmentStatus(world)).freeze?.by).toBe(run.workflowId);
      await endByWord(run);
      await harness.untilEnvironment(world, ({ freeze }) => freeze === null);
    });
  });

  it("comes by no stranger's word: an alert that nobody bore out freezes once a person is on it", async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      for (let times = 0; times < 8; times += 1) world.failNext('alerts', 'Unknown', 'connection refused');
      const run = await openByAlert(start, world, episodeOf({ severity: 'sev1' }));
      await untilTriaged(run);
      expect((await harness.environmentStatus(world)).freeze).toBeNull();
      await say(run, 'acknowledge');
      await harness.untilEnvironment(world, ({ freeze }) => freeze !== null);
      await endByWord(run);
    });
  });

  it('is not begun by a bell of somebody who is no incident', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      const deploy = await start('deploy', deployOf(world, { dryRun: true }));
      const { workflowId } = deploy;
      const forged = { workflowId, firstExecutionRunId: (await deploy.describe()).runId };
      const ring = (payload: object) =>
        harness.environment(world).executeUpdate(bellNames.incident, { args: [payload] });
      expect(await refusalOf(ring(forged))).toContain('is no incident of this environment');
      const nobody = { workflowId: `incident/${world.service}/staging/none`, firstExecutionRunId: 'x' };
      expect(await refusalOf(ring(nobody))).toContain('is no run that the server knows');
      const { freeze, refused } = await harness.environmentStatus(world);
      expect([freeze, refused.count]).toEqual([null, 2]);
      expect(refused.last.map(({ message }) => message)).toEqual([bellNames.incident, bellNames.incident]);
      await deploy.result();
    });
  });
});
