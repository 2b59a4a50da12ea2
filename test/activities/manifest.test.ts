import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { manifestFile } from '../../activities/configuration/manifest.ts';
import { readConfiguration } from '../../activities/configuration/index.ts';
import { commits, packing, World } from '../workflows/world.ts';

const yaml = 'workflows:\n  - queue: fast # a comment\n    key: notify\n';
const packed = '{"workflows":[{"key":"notify","queue":"fast"}]}';
const sha256 = createHash('sha256').update(packed).digest('hex');

interface Said {
  url?: string;
  allowed?: boolean;
  roots?: string[];
  sha256?: string;
}

/** A commit with a manifest, and with settings that say so of it. */
function commitWith(said: Said = {}, manifest = yaml): World {
  const world = new World();
  world.entry = { ...world.entry, build: packing };
  const {
    url,
    allowed,
    roots,
    sha256: hash,
  } = {
    ...{ url: 'file:///workspace/build/manifest.json', allowed: true, roots: ['/workspace/build'], sha256 },
    ...said,
  };
  const remote = { manifest_url: url, allow_file_uris: allowed, allowed_file_uri_roots: roots };
  world.files.set('app/config/shop.json', JSON.stringify({ remote: { ...remote, manifest_sha256: hash } }));
  world.files.set('app/manifests/shop.yaml', manifest);
  return world;
}

const sourcesOf = (world: World) => world.ports({} as never, {} as never).sources;
const read = (world: World, commit = commits.good) => readConfiguration(sourcesOf(world), world.entry, commit);
const pack = (world: World) =>
  manifestFile(sourcesOf(world), { repository: world.entry.repository, build: packing, commit: commits.good });

/** Runbook 002, section 7. */
describe('a manifest that is packed into the image', () => {
  it('is JSON of what the commit has, with the same hash whatever the form of the file', async () => {
    expect(await pack(commitWith())).toEqual({ path: 'build/manifest.json', text: packed });
    const asJson = commitWith({}, '{"workflows": [{"queue": "fast", "key": "notify"}]}');
    expect(await pack(asJson)).toEqual(await pack(commitWith()));
    expect(await read(asJson)).toEqual({ keys: [], manifest: { path: 'build/manifest.json', sha256 }, problems: [] });
  });

  it.each<[string, Said, string]>([
    [
      'name another path',
      { url: 'file:///workspace/manifests/shop.json' },
      '/remote/manifest_url must be file:///workspace/build/manifest.json, where the manifest is packed',
    ],
    ['do not allow local paths', { allowed: false }, '/remote/allow_file_uris must be true'],
    ['allow another folder', { roots: ['/workspace/manifests'] }, 'is in no folder of /remote/allowed_file_uri_roots'],
    ['allow a folder of a similar name', { roots: ['/workspace/bui'] }, 'is in no folder of'],
    ['have another hash', { sha256: '0'.repeat(64) }, `/remote/manifest_sha256 must be ${sha256}`],
  ])('is a problem where the settings %s', async (_what, said, problem) => {
    const { problems } = await read(commitWith(said));
    expect(problems).toEqual([
      { path: 'build.manifest.config/shop.json', message: expect.stringContaining(problem) as string },
    ]);
  });

  it('is a problem where it names a local path that is not allowed, also by way of an allowed one', async () => {
    const manifest = [
      'a: file:///workspace/build/schema.json',
      'b: file:///etc/passwd',
      'c: [file:///workspace/build/%2E%2E/keys.json, https://user:canary@example.com/]',
    ].join('\n');
    const { text = '' } = (await pack(commitWith({}, manifest))) ?? {};
    const hash = createHash('sha256').update(text).digest('hex');
    const { problems } = await read(commitWith({ sha256: hash }, manifest));
    expect(problems.map(({ message }) => message)).toEqual([
      'file:///etc/passwd is in no folder of /remote/allowed_file_uri_roots',
      'file:///workspace/build/%2E%2E/keys.json is in no folder of /remote/allowed_file_uri_roots',
    ]);
  });

  it('is a problem where its file is missing or cannot be read, and the build ends so, too', async () => {
    const missing = commitWith();
    missing.files.delete('app/manifests/shop.yaml');
    const unreadable = commitWith({}, 'a: 1\nb: [canary');
    for (const [world, problem] of [
      [missing, 'does not have it'],
      [unreadable, 'line 2 cannot be read'],
    ] as const) {
      const { manifest, problems } = await read(world);
      expect(manifest).toBeNull();
      expect(problems).toMatchObject([{ path: 'build.manifest.manifests/shop.yaml' }]);
      expect(problems[0]?.message).toContain(problem);
      expect(JSON.stringify(problems)).not.toContain('canary');
      await expect(pack(world)).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    }
  });

  it('is unknown for a commit that is not known', async () => {
    expect(await read(commitWith(), '')).toEqual({ keys: [], manifest: null, problems: [] });
  });
});
