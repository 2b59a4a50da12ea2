import { createHash } from 'node:crypto';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { planLines } from '../../client/view/plan.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { expectFailure } from '../expect-failure.ts';
import { deployOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { packing, World } from './world.ts';

const harness = openHarness();

describe('the configuration of a deploy', () => {
  it('stands in its plan, key by key', async () => {
    const world = new World({ secrets: { KEY: { secret: 'key', version: 'latest' } }, variables: { LOG: 'canary' } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      await run.result();
      const plan = await run.query<Plan>(queryNames.plan);
      expect(plan.configuration?.map(({ key, layer }) => [key, layer])).toEqual([
        ['KEY', 'secret'],
        ['LOG', 'variable'],
      ]);
      expect(JSON.stringify(plan)).not.toContain('canary');
    });
  });

  it('that lacks a required key ends it as InvalidInput, and nothing is touched', async () => {
    const world = new World({ inputs: ['GONE'] });
    await harness.with(world, async (start) => {
      await expectFailure(await start('deploy', deployOf(world)), 'InvalidInput', /inputs\.GONE: GONE is neither/);
      expect(world.writes).toEqual([]);
    });
  });

  it('has the manifest that the build packs in its plan; one that is not allowed ends it', async () => {
    const world = new World();
    world.entry = { ...world.entry, build: packing };
    const packed = '{"workflows":["notify"]}';
    const sha256 = createHash('sha256').update(packed).digest('hex');
    const settings = (roots: string[]) => {
      const url = 'file:///workspace/build/manifest.json';
      const allowed = { allow_file_uris: true, allowed_file_uri_roots: roots };
      return JSON.stringify({ remote: { manifest_url: url, ...allowed, manifest_sha256: sha256 } });
    };
    world.files.set('app/manifests/shop.yaml', 'workflows: [notify]');
    world.files.set('app/config/shop.json', settings(['/workspace/build']));
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { dryRun: true }));
      await run.result();
      const plan = await run.query<Plan>(queryNames.plan);
      expect(plan.manifest).toEqual({ path: 'build/manifest.json', sha256 });
      const shown = planLines(plan, picocolors.createColors(false)).join('\n');
      expect(shown).toContain(`manifest     build/manifest.json (SHA-256 ${sha256})`);

      world.files.set('app/config/shop.json', settings(['/srv']));
      const message =
        /build\.manifest\.config\/shop\.json: file:\/\/\/workspace\/build\/manifest\.json is in no folder/;
      await expectFailure(await start('deploy', deployOf(world)), 'InvalidInput', message);
      expect(world.writes).toEqual([]);
    });
  });

  it('whose two Procfiles differ ends it before anything is touched, with all else that is wrong', async () => {
    const world = new World({ inputs: ['GONE'] });
    world.files.set('Procfile', 'web: node server.js --remote\n');
    world.files.set('Procfile.cloudrun', 'web: node server.js\n');
    await harness.with(world, async (start) => {
      const message = /build\.Procfile: it differs from Procfile\.cloudrun.*inputs\.GONE/s;
      await expectFailure(await start('deploy', deployOf(world)), 'InvalidInput', message);
      expect(world.writes).toEqual([]);
    });
  });
});
