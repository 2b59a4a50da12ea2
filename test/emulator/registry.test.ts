import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { describe, expect, test } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { temporaryFolders } from './folders.ts';
import { restart, startForTest, withCloud } from './stage.ts';

const folders = temporaryFolders();
let cloud: CloudProcess;
let registry: ArtifactRegistryClient;
let host: string;

withCloud((started) => {
  cloud = started;
  registry = new ArtifactRegistryClient(cloud.clientOptions());
  host = `${cloud.region}-docker.pkg.dev/${cloud.project}`;
});

function source(files: Record<string, string>): string {
  const folder = folders.create('source');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function push(reference: string, folder: string): Promise<string> {
  const image = (await cloud.control('POST', 'images', { reference: `${host}/${reference}`, folder })) as {
    digest: string;
  };
  return image.digest;
}

const first = { Procfile: 'web: node server.js\n', 'server.js': '// one\n', 'lib/a.js': '// a\n' };
const packageName = (repository: string, image: string): string =>
  `${cloud.parent}/repositories/${repository}/packages/${encodeURIComponent(image)}`;

describe('tags and versions', () => {
  test('a tag names the version that was pushed last', async () => {
    const one = await push('runtime/openagents-runtime:main', source(first));
    const two = await push('runtime/openagents-runtime:main', source({ ...first, 'server.js': '// two\n' }));
    expect(one).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(two).not.toBe(one);
    const name = packageName('runtime', 'openagents-runtime');
    const [tag] = await registry.getTag({ name: `${name}/tags/main` });
    expect(tag).toEqual({ name: `${name}/tags/main`, version: `${name}/versions/${two}` });
    const [version] = await registry.getVersion({ name: tag.version, view: 'FULL' });
    expect(version.relatedTags?.map((each) => each.name)).toEqual([`${name}/tags/main`]);
    const [versions] = await registry.listVersions({ parent: name });
    expect(versions.map((each) => each.name).sort()).toEqual(
      [`${name}/versions/${one}`, `${name}/versions/${two}`].sort(),
    );
  });

  test('a version is deleted once it has no tags, or by force, and its image with it', async () => {
    const digest = await push('deleted/image:main', source(first));
    const name = `${packageName('deleted', 'image')}/versions/${digest}`;
    await expect(registry.deleteVersion({ name })).rejects.toMatchObject({ code: 9 });
    const [operation] = await registry.deleteVersion({ name, force: true });
    await operation.promise();
    await expect(registry.getVersion({ name })).rejects.toMatchObject({ code: 5 });
    await expect(registry.getTag({ name: `${packageName('deleted', 'image')}/tags/main` })).rejects.toMatchObject({
      code: 5,
    });
  });

  test('a tag is created, moved, found by its version and deleted', async () => {
    const one = await push('web/openagents-web:a', source(first));
    const two = await push('web/openagents-web:b', source({ ...first, 'server.js': '// two\n' }));
    const parent = packageName('web', 'openagents-web');
    const version = (digest: string): string => `${parent}/versions/${digest}`;
    await registry.createTag({ parent, tagId: 'live', tag: { version: version(one) } });
    await expect(registry.createTag({ parent, tagId: 'live', tag: { version: version(one) } })).rejects.toMatchObject({
      code: 6,
    });
    const [found] = await registry.listTags({ parent, filter: `version="${version(one)}"` });
    expect(found.map((tag) => tag.name)).toEqual([`${parent}/tags/a`, `${parent}/tags/live`]);
    await registry.updateTag({
      tag: { name: `${parent}/tags/live`, version: version(two) },
      updateMask: { paths: ['version'] },
    });
    expect((await registry.getTag({ name: `${parent}/tags/live` }))[0].version).toBe(version(two));
    await registry.deleteTag({ name: `${parent}/tags/live` });
    await expect(registry.getTag({ name: `${parent}/tags/live` })).rejects.toMatchObject({ code: 5 });
    const effects = cloud
      .calls()
      .filter((call) => call.resource === `${parent}/tags/live` && call.effect !== 'none')
      .map((call) => call.effect);
    expect(effects).toEqual(['created', 'updated', 'deleted']);
  });

  test('an image with slashes in its name is one package', async () => {
    const digest = await push('apps/team/agento:1.0', source(first));
    const name = packageName('apps', 'team/agento');
    expect(name).toContain('team%2Fagento');
    expect((await registry.getTag({ name: `${name}/tags/1.0` }))[0].version).toBe(`${name}/versions/${digest}`);
    const [image] = await registry.getDockerImage({
      name: `${cloud.parent}/repositories/apps/dockerImages/team%2Fagento@${digest}`,
    });
    expect(image).toMatchObject({ uri: `${host}/apps/team/agento@${digest}`, tags: ['1.0'] });
    const [all] = await registry.listDockerImages({ parent: `${cloud.parent}/repositories/apps` });
    expect(all.map((each) => each.uri)).toEqual([image.uri]);
    expect((await registry.getPackage({ name }))[0].name).toBe(name);
    expect((await registry.getRepository({ name: `${cloud.parent}/repositories/apps` }))[0].format).toBe('DOCKER');
    const path = `${name}/tags/1.0`;
    const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/v1/${path}`);
    expect(await response.json()).toEqual({ name: path, version: `${name}/versions/${digest}` });
  });

  test.each<[name: string, run: () => Promise<unknown>, code: number]>([
    ['an unknown tag', () => registry.getTag({ name: `${packageName('runtime', 'none')}/tags/x` }), 5],
    [
      'an unknown version',
      () => registry.getVersion({ name: `${packageName('runtime', 'none')}/versions/sha256:${'0'.repeat(64)}` }),
      5,
    ],
    [
      'an unknown image',
      () => registry.getDockerImage({ name: `${cloud.parent}/repositories/r/dockerImages/x@sha256:00` }),
      5,
    ],
    [
      "a tag on another package's version",
      () =>
        registry.createTag({
          parent: packageName('runtime', 'a'),
          tagId: 'x',
          tag: { version: `${packageName('runtime', 'b')}/versions/sha256:00` },
        }),
      3,
    ],
    [
      'a tag on no version',
      () =>
        registry.createTag({
          parent: packageName('runtime', 'a'),
          tagId: 'x',
          tag: { version: `${packageName('runtime', 'a')}/versions/sha256:00` },
        }),
      5,
    ],
    ['a bad tag', () => registry.createTag({ parent: packageName('runtime', 'a'), tagId: '-x', tag: {} }), 3],
    ['an odd filter', () => registry.listTags({ parent: packageName('runtime', 'a'), filter: 'anything' }), 3],
  ])('%s is refused', async (_name, run, code) => {
    await expect(run()).rejects.toMatchObject({ code });
  });
});

describe('digests', () => {
  test('depend on contents, names and what is a program, and on nothing else', async () => {
    const one = await push('d/one', source(first));
    expect(await push('d/two:x', source(first))).toBe(one);
    expect(await push('d/one', source({ ...first, '.git/HEAD': 'ref: refs/heads/main' }))).toBe(one);
    expect(await push('d/one', source({ ...first, 'lib/b.js': '// a\n' }))).not.toBe(one);
    const linked = source(first);
    symlinkSync('server.js', join(linked, 'main.js'));
    expect(await push('d/one', linked)).not.toBe(one);
  });

  test.each<[name: string, make: () => [reference: string, folder: string], reason: RegExp]>([
    ['a source without a Procfile', () => ['d/x', source({ 'a.js': '' })], /Procfile/],
    ['a reference with a digest', () => [`d/x@sha256:${'0'.repeat(64)}`, source(first)], /is not LOCATION/],
    ['a reference that is none', () => ['d', source(first)], /is not LOCATION/],
    [
      'a link out of the source',
      () => {
        const folder = source(first);
        symlinkSync('/etc/passwd', join(folder, 'secrets'));
        return ['d/x', folder];
      },
      /points out of the source/,
    ],
  ])('%s makes no image', async (_name, make, reason) => {
    await expect(push(...make())).rejects.toThrow(reason);
  });
});

test('images and tags survive a killed emulator', async () => {
  const one = await startForTest();
  const folder = source(first);
  const reference = `${cloud.region}-docker.pkg.dev/${one.project}/kept/app:v1`;
  const { digest } = (await one.control('POST', 'images', { reference, folder })) as { digest: string };
  rmSync(folder, { recursive: true });
  const two = await restart(one);
  const [tag] = await new ArtifactRegistryClient(two.clientOptions()).getTag({
    name: `${packageName('kept', 'app')}/tags/v1`,
  });
  expect(tag.version).toMatch(digest);
});
