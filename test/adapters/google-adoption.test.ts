import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloudRunTarget } from '../../activities/google/cloud-run/target.ts';
import { digestOf, repositoryOf } from '../../contract/artifact.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { addImage, ask, createService, latest, template, updateService } from '../emulator/run-fixtures.ts';
import { Change, ownEntry, serviceNameOf, startWorld, type World } from './google-world.ts';

const folders = temporaryFolders();
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('adoption'));
});
afterAll(() => world.stop());

/** Points a tag at an image, wherever it pointed before. */
async function point(tag: string, image: string): Promise<string> {
  const [, location = '', project = '', repository = '', name = ''] =
    /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+)\/([^/]+)\/([^@]+)@/.exec(image) ?? [];
  const parent = `projects/${project}/locations/${location}/repositories/${repository}/packages/${name}`;
  const [version, tagName] = [`${parent}/versions/${digestOf(image)}`, `${parent}/tags/${tag}`];
  const { registry } = world.person;
  await registry
    .createTag({ parent, tagId: tag, tag: { version } })
    .catch(() => registry.updateTag({ tag: { name: tagName, version }, updateMask: { paths: ['version'] } }));
  return `${repositoryOf(image)}:${tag}`;
}

/** A service that a person has deployed by a tag, which points at the old image. */
async function deployedByTag(sidecars: { name: string; image: string }[] = []) {
  const entry = await ownEntry(world, { service: false });
  const { hand, cloud, images } = world;
  const tagged = await point(`live-${entry.service}`, images.old);
  const [own] = template(tagged).containers ?? [];
  const app = { ...own, name: 'app', ports: [{ containerPort: 8080 }] };
  await createService(hand, cloud, entry.service, {
    template: { containers: sidecars.length === 0 ? [{ ...own }] : [...sidecars, app] },
    traffic: [latest(100)],
  });
  return { entry, tagged, move: () => point(`live-${entry.service}`, images.broken) };
}

describe('a service that was deployed by a tag', () => {
  it('has a way back by the digest of then, though the tag points elsewhere by now', async () => {
    const { entry, tagged, move } = await deployedByTag();
    const change = new Change(world, entry);
    const { target, images, hand } = world;
    const digest = digestOf(images.old);
    const [adopted] = await target.revisions(entry);
    const { snapshot, candidate } = await change.staged(images.next);
    await move();
    expect(snapshot).toMatchObject({ obstacles: [], good: { digest, image: images.old } });
    expect(snapshot.live).toMatchObject({ serving: [{ digest }], template: { digest } });
    expect(adopted).toMatchObject({ revision: snapshot.good?.revision, digest, image: images.old });
    await target.syncMigration(entry, change.syncRequest(images.next, candidate.revision));
    await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const released = { artifact: change.stageRequest(images.next, snapshot, '').artifact, revision: null };
    expect((await target.readBack(entry, { ...released, withJob: true, withDrift: false })).problems).toEqual([]);
    expect((await target.revisions(entry)).at(-1)).toMatchObject({ digest, image: images.old });

    const restored = await target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    expect(restored.problems).toEqual([]);
    expect(restored.live).toMatchObject({ serving: [{ digest }], template: { digest } });
    const [service] = await hand.services.getService({ name: serviceNameOf(entry) });
    expect(service.template?.containers?.[0]?.image).toBe(images.old);
    expect(await ask(service.uri)).toBe('1');
    // The next change of a setting runs what serves, too.
    expect(tagged).not.toBe(images.old);
    expect(await target.settingsDrift(entry, { revision: '', digest: '', commit: '', ...snapshot.good })).toEqual([
      expect.stringMatching(/serves, but the ledger has .*: with the same settings$/),
    ]);
  });

  it('is read by its tag only where the platform does not tell, and then has no way back', async () => {
    const { entry, tagged } = await deployedByTag();
    const untold = createCloudRunTarget({ ...world.clients, runUrl: `${world.clients.runUrl}/nowhere` });
    const { obstacles, good } = await untold.snapshot(entry);
    expect(good).toMatchObject({ digest: '', image: tagged });
    expect(obstacles).toEqual([expect.stringContaining(`mutable tag (${tagged}), and the platform does not tell`)]);
    const away = createCloudRunTarget({ ...world.clients, runUrl: 'http://127.0.0.1:9' });
    await expect(away.snapshot(entry)).rejects.toMatchObject({ nonRetryable: false });
  });

  it('has a digest beside a sidecar, but not beside one of the same repository by another tag', async () => {
    const { images, target } = world;
    const proxy = await addImage(world.cloud, 'proxy', '1');
    const { entry } = await deployedByTag([{ name: 'proxy', image: proxy }]);
    expect((await target.snapshot(entry)).good).toMatchObject({ digest: digestOf(images.old) });
    const alike = await deployedByTag([{ name: 'proxy', image: await point('sidecar', images.next) }]);
    expect((await target.snapshot(alike.entry)).obstacles).toEqual([expect.stringContaining('mutable tag')]);
  });
});

/** Pushes an index of images of one repository, and answers its reference by digest. */
async function pushIndex(images: readonly string[], tag: string): Promise<string> {
  const repository = repositoryOf(images[0] ?? '');
  const [host = '', ...name] = repository.split('/');
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifests = images.map((image, index) => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf(image),
    size: 1,
    platform: { os: 'linux', architecture: ['amd64', 'arm64'][index] },
  }));
  const response = await fetch(`${world.clients.registryUrl(host)}/v2/${name.join('/')}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
  });
  return `${repository}@${response.headers.get('docker-content-digest')}`;
}

describe('an index of images', () => {
  let index: string;
  const imagesOf = (containers: readonly { image?: string | null }[] | null | undefined) =>
    (containers ?? []).map(({ image }) => image);
  const setWorld = (namedImage: 'asked' | 'platform') => world.cloud.control('PUT', 'world', { namedImage });

  beforeAll(async () => {
    await setWorld('platform');
    index = await pushIndex([world.images.next, `${repositoryOf(world.images.next)}@sha256:${'a'.repeat(64)}`], 'both');
  });

  it.each(['asked', 'platform'] as const)('is one artifact where the %s digest is named', async (namedImage) => {
    await setWorld(namedImage);
    const { target, images, hand } = world;
    const entry = await ownEntry(world);
    const digest = digestOf(index);
    const first = new Change(world, entry);
    const { snapshot, candidate } = await first.staged(index);
    const ready = await target.syncMigration(entry, first.syncRequest(index, candidate.revision));
    const run = await target.runJob(entry, first.runRequest(index, ready));
    expect(run).toMatchObject({ outcome: 'succeeded', digest });
    await target.shift(entry, first.shiftRequest(candidate, snapshot, 100));
    const artifact = { image: index, digest: digest ?? '', commit: '' };
    const readBack = { artifact, revision: candidate.revision, withJob: true, withDrift: false };
    const { live, problems } = await target.readBack(entry, readBack);
    expect(problems).toEqual([]);
    expect(live).toMatchObject({ serving: [{ digest, image: index }], template: { digest }, job: { digest } });
    expect(await ask(live.url)).toBe('2');
    expect((await target.revisions(entry))[0]).toMatchObject({ digest });
    const [revision] = await hand.revisions.getRevision({
      name: `${serviceNameOf(entry)}/revisions/${candidate.revision}`,
    });
    expect(imagesOf(revision.containers)).toEqual([namedImage === 'asked' ? index : images.next]);

    const second = new Change(world, entry, 'c0000000002', 2);
    const later = await second.staged(images.old);
    await target.syncMigration(entry, second.syncRequest(images.old, later.candidate.revision));
    await target.shift(entry, second.shiftRequest(later.candidate, later.snapshot, 100));
    const restore = { ...second.write('restore'), snapshot: later.snapshot, candidate: later.candidate.revision };
    const restored = await target.restore(entry, restore);
    expect(restored.problems).toEqual([]);
    expect(restored.live).toMatchObject({ serving: [{ digest }], template: { digest }, job: { digest } });
    const drift = { revision: candidate.revision, digest: digest ?? '', commit: '' };
    expect((await target.settingsDrift(entry, drift)).join()).not.toMatch(/image/);
  });

  it('is restarted as one, and is another artifact than an image that it does not list', async () => {
    const { target, images, hand } = world;
    const entry = await ownEntry(world, { job: false });
    const change = new Change(world, entry);
    const { snapshot, candidate } = await change.staged(index);
    await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const again = new Change(world, entry, 'c0000000002', 2);
    const before = await target.snapshot(entry);
    const { key } = await target.stamp(entry, { ...again.write('fence'), expected: before.live.key });
    await target.restart(entry, { ...again.write('restart'), expected: key, snapshot: before });
    expect((await target.observe(entry)).serving).toMatchObject([{ digest: digestOf(index), percent: 100 }]);
    // By hand, with the annotations that are there.
    const [service] = await hand.services.getService({ name: serviceNameOf(entry) });
    const [container] = service.template?.containers ?? [];
    const other = { ...service.template, revision: '', containers: [{ ...container, image: images.old }] };
    await updateService(hand, { name: service.name, template: other, traffic: [latest(100)] }, ['template', 'traffic']);
    expect((await target.observe(entry)).serving).toMatchObject([{ digest: digestOf(images.old) }]);
  });

  it('is the way back of a service that was deployed by its tag', async () => {
    const { target, images, hand, cloud } = world;
    const entry = await ownEntry(world, { service: false, job: false });
    const tagged = `${repositoryOf(index)}:both`;
    await createService(hand, cloud, entry.service, { template: template(tagged), traffic: [latest(100)] });
    const change = new Change(world, entry);
    const { snapshot, candidate } = await change.staged(images.old);
    expect(snapshot).toMatchObject({
      obstacles: [],
      good: { digest: digestOf(images.next) },
    });
    await target.shift(entry, change.shiftRequest(candidate, snapshot, 100));
    const restored = await target.restore(entry, { ...change.write('restore'), snapshot, candidate: null });
    expect(restored.problems).toEqual([]);
    expect(await ask(restored.live.url)).toBe('2');
  });
});
