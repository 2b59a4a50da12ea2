import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../../contract/drift.ts';
import { failureOf } from './harness.ts';
import { EstateWorld } from './estate-world.ts';
import { openHarness } from './stage.ts';

/** `SLIPWAY_LONG=1` checks a thousand places; the entries of the short form are as large together. */
const long = process.env['SLIPWAY_LONG'] !== undefined;
const [places, entryBytes] = long ? [1_000, 4_000] : [100, 40_000];
const timeout = long ? 600_000 : 60_000;

const harness = openHarness();

describe(`a check of drift over ${places} places`, () => {
  const inputOf = ({ service }: EstateWorld) => ({ service });

  it('answers, although the catalog entries alone are more than a payload may hold', { timeout }, async () => {
    const world = new EstateWorld(places, entryBytes);
    await harness.with(world, async (start) => {
      const run = await start('checkDrift', inputOf(world));
      expect((await run.result()).outcome).toBe(`no drift in ${places} environments`);
      const { historyLength } = await run.describe();
      expect(historyLength).toBeLessThan(15 * places);
    });
  });

  it(
    'fails as Drifted where all deviate in twenty long lines: it names some and counts the others',
    { timeout },
    async () => {
      const world = new EstateWorld(places, entryBytes);
      world.foreign = Array.from({ length: 20 }, (_, line) => `field ${line} was changed by hand `.padEnd(300, 'x'));
      await harness.with(world, async (start) => {
        const run = await start('checkDrift', inputOf(world));
        const { type, message } = await failureOf(run);
        expect(type).toBe('Drifted');
        expect(message.length).toBeLessThanOrEqual(4_000);
        const details = await detailsOf(run);
        expect(details).toHaveLength(places);
        expect(details.every(({ problems }) => problems.length === 4)).toBe(true);
      });
    },
  );

  it('tells of all others where one place cannot be looked at', async () => {
    const world = new EstateWorld(3, 0);
    world.foreign = ['a field was changed by hand'];
    world.failNext('readBack', 'Denied', 'credentials were revoked');
    await harness.with(world, async (start) => {
      const run = await start('checkDrift', inputOf(world));
      const { type, message } = await failureOf(run);
      expect(type).toBe('Drifted');
      expect(message).toContain('not looked at: 1 environment, since credentials were revoked');
      expect(await detailsOf(run)).toHaveLength(2);
    });
  });
});

async function detailsOf(run: { result(): Promise<unknown> }): Promise<DriftReport[]> {
  const error: unknown = await run.result().catch((failure: unknown) => failure);
  const { cause } = error as { cause?: { details?: [{ places: DriftReport[] }] } };
  return cause?.details?.[0].places ?? [];
}
