import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { SignedMessage } from '../../contract/message-subject.ts';
import { keys } from '../approvals/keys.ts';
import { refusedBecause } from '../expect-failure.ts';
import type { Start } from './harness.ts';
import { signedMessage, type Said } from './operator-messages.ts';
import { deployOf, untilAsked, untilParked } from './runs.ts';
import { payload, people, signed, startSigned } from './signing.ts';
import { openHarness } from './stage.ts';
import { owner, testInstallation, World } from './world.ts';

const harness = openHarness();

/** Puts something there that a message would undo. */
type Prepare = (start: Start, world: World) => Promise<void>;

const begin: Prepare = async (start, world) => {
  const { workflowId } = harness.environment(world);
  await start('environment', { service: world.service, environment: 'staging' }, workflowId);
};

const freezeByOwner: Prepare = async (start, world) => {
  await begin(start, world);
  await harness.tell(world, 'freeze', { reason: 'the sale' });
};

/** A deploy that holds the environment, parked in its stage. */
const holdEnvironment: Prepare = async (start, world) => {
  const run = await startSigned(start, 'deploy', deployOf(world));
  world.failNext('stage', 'Unknown', 'nobody knows');
  await run.executeUpdate('approve', { args: [payload(await untilAsked(run), owner)] });
  await untilParked(run, 'stage');
};

/** A deploy whose shift was refused: its artifact is on hold. */
const putOnHold: Prepare = async (start, world) => {
  const run = await startSigned(start, 'deploy', deployOf(world));
  world.failNext('shift', 'GateFailed', 'not ready');
  await run.executeUpdate('approve', { args: [payload(await untilAsked(run), owner)] });
  await run.result().catch(() => undefined);
};

/** Its ledger's entries are written in the background: from here on only a message changes the status. */
const isKept = ({ ledger }: EnvironmentStatus): boolean => ledger.every(({ hash }) => hash !== '');

const situations: [SignedMessage, Prepare, Partial<Said>, string][] = [
  ['unfreeze', freezeByOwner, {}, 'unfreeze'],
  ['freeze', freezeByOwner, { until: new Date(Date.now() + 1000).toISOString() }, 'freeze'],
  ['lift', putOnHold, {}, 'lift'],
  ['breakLock', holdEnvironment, {}, 'unclean'],
];

describe('messages to an environment, where approvals are signed', () => {
  it.each(situations)(
    '%s counts only with a signature over what it would undo',
    async (name, prepare, more, kind) => {
      const world = new World({ approvals: signed }, people);
      await harness.with(world, async (start) => {
        await prepare(start, world);
        const said: Said = { by: owner, reason: 'it is over', ...more };
        const run = harness.environment(world);
        const before = await harness.untilEnvironment(world, isKept);
        const good = await signedMessage(harness, world, name, said);
        const refusals: [string, object, string][] = [
          ['unsigned', said, 'is not signed'],
          [
            'by the key of another',
            await signedMessage(harness, world, name, said, {}, keys.ed25519Other),
            'is not one of',
          ],
          ['with another reason', { ...good, reason: 'another' }, 'is not one of'],
          [
            'for another matter',
            await signedMessage(harness, world, name, said, { about: 'another' }),
            'is not one of',
          ],
          [
            'for another environment',
            await signedMessage(harness, world, name, said, { workflowId: 'x' }),
            'is not one of',
          ],
          [
            'for another installation',
            await signedMessage(harness, world, name, said, { temporal: 'default/0' }),
            'is not one',
          ],
          ['by nobody here', { ...good, by: 'stranger@example.com' }, 'holds none of the roles'],
        ];
        for (const [index, [what, message, reason]] of refusals.entries()) {
          await run.signal(name, message);
          const heard = await harness.untilEnvironment(world, ({ refused: { count } }) => count === 2 * index + 1);
          expect(heard.refused.last.at(-1), what).toMatchObject({ reason: expect.stringContaining(reason) });
          await expect(run.executeUpdate(name, { args: [message] }), what).rejects.toMatchObject(
            refusedBecause(reason),
          );
        }
        const { refused: _refused, ...after } = await harness.environmentStatus(world);
        expect({ ...after, refused: before.refused }).toEqual(before);
        await run.executeUpdate(name, { args: [good] });
        const { ledger } = await harness.untilEnvironment(world, (status) => status.ledger.at(-1)?.kind === kind);
        const proof = { key: `SHA256:${keys.ed25519.slice(-8)}`, catalog: world.entry.hash };
        expect(ledger.at(-1)).toMatchObject({ proof: { ...proof, signature: expect.any(String) } });
        expect(before.signing?.temporal).toBe(testInstallation);
        // The same freeze again is no other one.
        if (name === 'freeze') return;
        // The same message again: what it was about is gone.
        await expect(run.executeUpdate(name, { args: [good] })).rejects.toMatchObject({ cause: { type: 'Refused' } });
      });
    },
    30_000,
  );

  it('freeze needs no signature: it only stops, also in the place of a freeze that ends earlier', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      await begin(start, world);
      await harness.tell(world, 'freeze', { reason: 'the sale', until: new Date(Date.now() + 60_000).toISOString() });
      await harness.tell(world, 'freeze', { reason: 'the sale goes on' });
      expect(await harness.environmentStatus(world)).toMatchObject({ freeze: { reason: 'the sale goes on' } });
    });
  });
});
