import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AgentoWorld, query } from './agento-world.ts';
import type { Agento } from './agento-world.ts';

let world: AgentoWorld;
beforeAll(async () => {
  world = await AgentoWorld.open();
}, 60_000);
afterEach(() => world.stopServices());
afterAll(() => world.close());

/** Expects that a run goes through and can be read back: everything that users want of a schema. */
const works = async (agento: Agento, goal: string): Promise<void> => {
  const { body } = await agento.enqueue(goal);
  expect(await agento.end(body['runId'] as string)).toMatchObject({ status: 'completed' });
  expect((await agento.ask('/v1/health')).status).toBe(200);
};

describe('migrations of agento', () => {
  it('are applied once, also by two migrators at the same time', async () => {
    const url = await world.postgres.createDatabase('agento_twice');
    const both = await Promise.all([1, 2].map(() => world.migrate('good', url)));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.flatMap(({ stdout }) => stdout.match(/applied migration/g) ?? [])).toHaveLength(4);
    expect((await world.migrate('good', url)).stdout).toContain('nothing is pending');
    expect(await world.migrate('good', '')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('DATABASE_URL is not set'),
    });
  });

  it('that are compatible let an older release go on, and a later deploy of good succeed', async () => {
    const url = await world.migrated('baseline');
    const older = await world.start('baseline', url);
    for (const scenario of ['good', 'compatible-migration', 'not-on-branch'])
      expect((await world.migrate(scenario, url)).code, scenario).toBe(0);
    await works(older, 'go on');
    expect((await world.migrate('good', url)).stdout).toContain('nothing is pending');
    await works(await world.start('good', url), 'good again');
  });

  it('leave nothing behind when one is broken', async () => {
    const url = await world.migrated('good');
    for (let n = 1; n <= 2; n += 1)
      expect(await world.migrate('broken-migration', url)).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('due_at\\" does not exist'),
      });
    expect((await world.migrate('compatible-migration', url)).code).toBe(0);
    await works(await world.start('good', url), 'as before');
  });

  it('that are incompatible break the older release, until it is repaired while writes are frozen', async () => {
    const url = await world.migrated('good');
    const older = await world.start('good', url);
    expect((await world.migrate('incompatible-migration', url)).code).toBe(0);
    const newer = await world.start('incompatible-migration', url);
    await works(newer, 'under the new name');
    expect((await older.enqueue('nowhere')).status).toBe(500);
    expect(await older.ask('/v1/health')).toMatchObject({
      status: 503,
      body: { reason: 'tables are missing: agento.runs' },
    });
    expect(older.log('ERROR')).toHaveLength(1);

    // The switch works for both: it is not in the table that moved.
    expect((await older.freeze(true)).status).toBe(200);
    expect((await newer.enqueue('frozen')).status).toBe(503);
    const repair = join(await world.image('incompatible-migration'), 'db', 'repairs', '20260126100000_rename_runs.sql');
    await query(url, await readFile(repair, 'utf8'));
    await older.freeze(false);
    await works(older, 'back');
    expect((await older.ask('/v1/orchestrations/runs')).body['runs']).toHaveLength(2);
    expect((await world.migrate('incompatible-migration', url)).stdout).toContain(
      'applied migration 20260126100000 rename_runs',
    );
  });
});
