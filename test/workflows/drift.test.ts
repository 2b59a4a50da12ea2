import { describe, expect, it } from 'vitest';
import { deliver } from '../../client/alerts/deliver.ts';
import { driftCheckWorkflowId } from '../../contract/ids.ts';
import { failureOf } from './harness.ts';
import { deployOf, parkInStage, release } from './runs.ts';
import { openHarness } from './stage.ts';
import { TrainWorld } from './train.ts';
import { commits, developer, digestOfCommit, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const settings = { approvals: noApprovals };
const edit = 'revision service-9 serves, but the ledger has service-1: variable DEBUG was added';
const placeOf = ({ service }: World) => ({ service, environment: 'staging' });

describe('a drift that was found', () => {
  it('is in the state of the environment until it is gone', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { revision, digest, commit } = await release(start, world);
      world.otherSettings = [edit];
      expect(await failureOf(await start('checkDrift', placeOf(world)))).toMatchObject({
        type: 'Drifted',
        message: expect.stringContaining(edit),
      });
      const { drift } = await harness.environmentStatus(world);
      expect(drift).toMatchObject({ problems: [edit], serves: { revision, digest, commit } });
      world.otherSettings = [];
      await (await start('checkDrift', placeOf(world))).result();
      expect((await harness.environmentStatus(world)).drift).toBeNull();
    });
  });

  it('is over when a change says what it left', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      world.otherSettings = [edit];
      await failureOf(await start('checkDrift', placeOf(world)));
      world.otherSettings = [];
      await release(start, world);
      expect((await harness.environmentStatus(world)).drift).toBeNull();
    });
  });

  it('is adopted by an operator: the ledger has what serves and why, and it is no drift any more', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { digest } = await release(start, world);
      await expect(harness.tell(world, 'adopt', { reason: 'more memory' })).rejects.toThrow();
      world.otherSettings = [edit];
      await failureOf(await start('checkDrift', placeOf(world)));
      await expect(harness.tell(world, 'adopt', { reason: 'more memory', by: developer })).rejects.toThrow();
      await harness.tell(world, 'adopt', { reason: 'more memory' });
      const { drift, ledger, runs } = await harness.environmentStatus(world);
      expect(drift).toBeNull();
      expect(ledger.at(-1)).toMatchObject({ kind: 'adopt', by: owner, reason: 'more memory', adopts: [edit] });
      expect(runs).toMatchObject({ digest });
      await (await start('checkDrift', placeOf(world))).result();
      // The next release says what serves; what was adopted before would be a drift again.
      await release(start, world, { commit: commits.old });
      expect(await failureOf(await start('checkDrift', placeOf(world)))).toMatchObject({ type: 'Drifted' });
    });
  });

  it('is not adopted blindly: another one than was found is refused', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      world.otherSettings = [edit];
      await failureOf(await start('checkDrift', placeOf(world)));
      world.otherSettings = ['the traffic is split'];
      await expect(harness.tell(world, 'adopt', { reason: 'more memory' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('another one by now: the traffic is split') },
      });
      expect((await harness.environmentStatus(world)).drift).toMatchObject({ problems: ['the traffic is split'] });
    });
  });

  it('is not looked for while a change is at work, and another image is found without the settings', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      const { run } = await parkInStage(start, world);
      world.otherSettings = [edit];
      world.halfway = ["the service's template has image b, but a serves"];
      const found: object = await (await start('checkDrift', placeOf(world))).result();
      expect(found).toMatchObject({
        places: [{ problems: [], notCompared: [expect.stringMatching(/deploy .* holds it/)] }],
      });
      world.halfway = [];
      await run.cancel();
      await failureOf(run);
      world.otherSettings = [];
      const [serving] = world.live.serving;
      if (serving) world.live = { ...world.live, serving: [{ ...serving, digest: digestOfCommit(commits.bad) }] };
      expect(await failureOf(await start('checkDrift', placeOf(world)))).toMatchObject({
        message: expect.stringMatching(
          /serves commit a{12} \(.* digest c{12}\), but the ledger has commit a{12} \(.* digest a{12}\) of change /,
        ),
      });
    });
  });

  it('is looked for when an alert asks for it: once at a time', async () => {
    const id = driftCheckWorkflowId('shop', 'production');
    const delivery = { id, service: 'shop', environment: 'production', episodes: [], opens: true };
    expect(await deliver(harness.client, delivery)).toBe('signalled');
    expect(await deliver(harness.client, delivery)).toBe('signalled');
    const run = harness.client.workflow.getHandle(id);
    expect(await run.describe()).toMatchObject({ type: 'checkDrift', status: { name: 'RUNNING' } });
    await run.terminate();
    expect(await deliver(harness.client, { ...delivery, opens: false })).toBe('noIncident');
    expect((await run.describe()).status.name).toBe('TERMINATED');
  });

  it('stops a promotion from there and to there until it is decided', async () => {
    const world = new TrainWorld(settings, settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      world.otherSettings = [edit];
      await failureOf(await start('checkDrift', placeOf(world)));
      const promotion = { service: world.service, from: 'staging', to: 'production', requestedBy: developer };
      expect(await failureOf(await start('promote', promotion))).toMatchObject({
        type: 'Superseded',
        message: expect.stringMatching(/staging has a drift since .*variable DEBUG.*\.\/slipway environment adopt/),
      });
      expect(world.production.methods()).toEqual([]);
      await harness.tell(world, 'adopt', { reason: 'for a day' });
      await (await start('promote', promotion)).result();
      await (await start('deploy', deployOf(world, { commit: commits.old }))).result();
    });
  });
});
