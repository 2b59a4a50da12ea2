import { describe, expect, it } from 'vitest';
import { messageNames } from '../../contract/messages.ts';
import { secretOf } from './fake-platform.ts';
import { eventually } from '../until.ts';
import { failureOf, type Start } from './harness.ts';
import {
  approve,
  decide,
  parkInStage,
  release,
  rollbackOf,
  rotationOf,
  statusOf,
  untilParked,
  untilToldOfRollback,
  untilWaitingFor,
} from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, deputy, failingSmoke, noApprovals, owner, unseenBake, World } from './world.ts';

const harness = openHarness();
const settings = { approvals: noApprovals };
const databaseUrl = secretOf('DATABASE_URL');

describe('a rotation of secrets', () => {
  it('stages what serves with the new versions, shifts, and only then disables the old ones', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { digest, commit } = await release(start, world);
      const run = await start(
        'rotateSecrets',
        rotationOf(world, { secrets: { DATABASE_URL: '2', SIGNATURE_SECRET: '4' } }),
      );
      const { change, revision, outcome } = await run.result();
      expect(world.methods(change)).toEqual(['stamp', 'stageSecrets', 'shift', 'syncJobSecrets']);
      expect(world.secretVersions).toEqual({ DATABASE_URL: '2', SIGNATURE_SECRET: '4' });
      expect(outcome).toContain('rotated DATABASE_URL 1 → 2, SIGNATURE_SECRET 1 → 4');
      expect([...world.secretStates]).toEqual([
        [`${databaseUrl}/1`, 'disabled'],
        [`${secretOf('SIGNATURE_SECRET')}/1`, 'disabled'],
      ]);
      const { ledger, lastKnownGood, holds } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'rotateSecrets', verified: true, outcome, revision });
      expect(lastKnownGood).toMatchObject({ revision, digest, commit });
      expect(holds).toEqual([]);
    });
  });

  it('says in its result which gate was skipped, and by whom', async () => {
    const world = new World({ ...settings, bake: unseenBake });
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world));
      await untilParked(run, 'bake');
      await decide(run, 'skip', { note: 'watched by hand' });
      const { outcome } = await run.result();
      expect(outcome).toMatch(new RegExp(`^rotated .*, bake skipped by ${owner}: watched by hand$`));
      expect((await harness.environmentStatus(world)).ledger.at(-1)?.outcome).toBe(outcome);
    });
  });

  it('asks the people of the policy about a plan that names the versions', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world));
      const { steps, plan } = await approve(run, deputy);
      expect(steps.find(({ name }) => name === 'plan')?.detail).toContain('secrets: DATABASE_URL 1 → 2');
      await run.result();
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ plan, approvals: [{ by: deputy, plan }] });
    });
  });

  it('goes back when the candidate fails its smoke: the old version stays, and no artifact is on hold', async () => {
    const world = new World({ ...settings, smoke: failingSmoke });
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world));
      const untaken = expect.stringContaining(
        `; new versions that stay enabled: version 2 of ${databaseUrl}`,
      ) as string;
      expect(await failureOf(run)).toEqual({ type: 'RolledBack', message: untaken });
      expect(await statusOf(run)).toMatchObject({ ending: { why: untaken } });
      expect(world.methods()).toEqual(['stamp', 'stageSecrets', 'restore']);
      expect(world.secretStates.size).toBe(0);
      const { ledger, holds } = await harness.environmentStatus(world);
      expect(holds).toEqual([]);
      expect(ledger.at(-1)?.outcome).toEqual(untaken);
    });
  });

  it('says which versions are enabled for nothing, also where it ends before anything was written', async () => {
    const world = new World();
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world));
      await untilWaitingFor(run, 'approval');
      await run.signal(messageNames.reject, { by: deputy });
      const untaken = expect.stringContaining(
        `; new versions that stay enabled: version 2 of ${databaseUrl}`,
      ) as string;
      expect(await failureOf(run)).toEqual({ type: 'Rejected', message: untaken });
      expect(world.methods()).toEqual([]);
    });
  });

  it('names every variable and version that is wrong, before anything is touched', async () => {
    const world = new World(settings);
    world.secretStates.set(`${databaseUrl}/2`, 'missing');
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world, { secrets: { DATABASE_URL: '2', API_KEY: '1' } }));
      const { type, message } = await failureOf(run);
      expect(type).toBe('InvalidInput');
      expect(message).toContain(`secrets.DATABASE_URL: version 2 of secret ${databaseUrl} is missing`);
      expect(message).toContain('secrets.API_KEY: carries no secret');
      expect(message).toContain('those that do: DATABASE_URL, SIGNATURE_SECRET');
      expect(world.methods()).toEqual([]);
    });
  });

  it('is refused where the catalog names a version: the next release would bring that back', async () => {
    const world = new World({ ...settings, secrets: { DATABASE_URL: { secret: databaseUrl, version: '1' } } });
    await harness.with(world, async (start) => {
      expect(await failureOf(await start('rotateSecrets', rotationOf(world)))).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringContaining('the catalog names version 1, and a release would bring it back'),
      });
    });
  });

  it('refuses a value in the place of a version, and does not repeat it', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await start(
        'rotateSecrets',
        rotationOf(world, { secrets: { DATABASE_URL: 'postgres://user:pass@db' } }),
      );
      const { type, message } = await failureOf(run);
      expect(type).toBe('InvalidInput');
      expect(message).toBe('secrets.DATABASE_URL: must be the number of a version, never a value');
    });
  });

  it('asks an operator where what serves reads the newest version by itself: there is no way back', async () => {
    const world = new World(settings);
    world.secretVersions['DATABASE_URL'] = 'latest';
    await harness.with(world, async (start) => {
      const run = await start('rotateSecrets', rotationOf(world));
      const { waitingFor } = await untilParked(run, 'plan');
      expect(waitingFor?.what).toContain('reads DATABASE_URL as the newest version');
      await decide(run, 'skip', { note: 'it is the same value' });
      const { outcome } = await run.result();
      expect(outcome).toContain('is still enabled: nobody knows which version served before');
      expect(world.secretStates.size).toBe(0);
    });
  });

  it('leaves an old version enabled that something else reads, or that nobody may disable, and says so', async () => {
    const world = new World(settings);
    world.otherReaders.set(`${databaseUrl}/1`, ['revision web-7']);
    await harness.with(world, async (start) => {
      const first = await (await start('rotateSecrets', rotationOf(world))).result();
      expect(first.outcome).toContain('is still enabled: it is still read by revision web-7');
      world.failNext('disable', 'Denied', 'permission secretmanager.versions.disable is missing');
      const second = await (
        await start('rotateSecrets', rotationOf(world, { secrets: { DATABASE_URL: '3' } }))
      ).result();
      expect(second.outcome).toContain('version 2 of service-database-url is still enabled: permission');
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.map(({ kind }) => kind)).toEqual(['rotateSecrets', 'rotateSecrets']);
    });
  });

  it('waits for a freeze and for who holds the environment', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world, { commit: commits.old });
      const { run: holder } = await parkInStage(start, world);
      const rotation = await start('rotateSecrets', rotationOf(world));
      await untilWaitingFor(rotation, 'queue');
      await harness.tell(world, 'freeze', { reason: 'sale weekend' });
      await holder.cancel();
      await failureOf(holder);
      await untilWaitingFor(rotation, 'freeze');
      await harness.tell(world, 'unfreeze', { reason: 'it is over' });
      await rotation.result();
    });
  });

  it('yields to a rollback before the old version is disabled', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { rotation, rollback } = await meetRollback(start, world, 'shift');
      expect(await failureOf(rotation)).toMatchObject({ type: 'Preempted' });
      await rollback.result();
      expect(world.secretStates.size).toBe(0);
    });
  });

  it('comes to its end while the old version is being disabled, and the rollback follows', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { rotation, rollback } = await meetRollback(start, world, 'disable');
      await expect(rotation.result()).resolves.toMatchObject({ outcome: expect.stringContaining('is disabled') });
      await rollback.result();
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.map(({ kind }) => kind).slice(-2)).toEqual(['rotateSecrets', 'rollback']);
    });
  });

  it('does nothing where another rotation brought these versions while it waited for it', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      const resume = world.holdNext('stageSecrets');
      const first = await start('rotateSecrets', rotationOf(world));
      await eventually('the call stageSecrets', async () => world.isHeld('stageSecrets'));
      const second = await start('rotateSecrets', rotationOf(world));
      await untilWaitingFor(second, 'queue');
      resume();
      await first.result();
      const { change, outcome } = await second.result();
      expect(outcome).toBe('these versions serve already; nothing was changed');
      expect(world.methods(change)).toEqual([]);
      const { ledger, holder } = await harness.environmentStatus(world);
      expect(holder).toBeNull();
      expect(ledger.at(-1)).toMatchObject({ change, outcome, serves: 'unchanged' });
    });
  });

  it('does nothing where these versions serve already, and needs something that serves', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const again = await (
        await start('rotateSecrets', rotationOf(world, { secrets: { DATABASE_URL: '1' } }))
      ).result();
      expect(again.outcome).toBe('these versions serve already; nothing was changed');
      world.live = { ...world.live, serving: [] };
      expect(await failureOf(await start('rotateSecrets', rotationOf(world, { requestedBy: owner })))).toMatchObject({
        type: 'InvalidInput',
        message: 'environment: nothing serves in staging',
      });
      expect(world.methods()).toEqual([]);
    });
  });
});

/** Has a rollback come while a rotation waits in a call of the platform. */
async function meetRollback(start: Start, world: World, method: string) {
  await release(start, world, { commit: commits.old });
  await release(start, world);
  const resume = world.holdNext(method);
  const rotation = await start('rotateSecrets', rotationOf(world));
  await eventually(`the call ${method}`, async () => world.isHeld(method));
  const rollback = await start('rollback', rollbackOf(world));
  await untilToldOfRollback(rotation);
  resume();
  return { rotation, rollback };
}
