import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { createAttestations } from '../../activities/google/attestations/index.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { requireProvenance } from '../../activities/provenance/index.ts';
import type { Artifact } from '../../contract/artifact.ts';
import { build as buildSchema } from '../../contract/catalog/build.ts';
import { provenance as provenanceSchema } from '../../contract/catalog/provenance.ts';
import {
  builder,
  issuer,
  keyBundle,
  keyPair,
  openSigstore,
  signedByKey,
  slsa1,
  workflowIdentity,
} from '../attestations.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { createRepository } from '../emulator/build-fixtures.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';

const folders = temporaryFolders();
const cloudBuilder = 'https://cloudbuild.googleapis.com/GoogleHostedWorker';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const envelopeType = 'application/vnd.dsse.envelope.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
let cloud: CloudProcess;
let clients: GoogleClients;
let http: string;
let commit: string;
let repository: { url: string; branch: string };
let buildKey: string;

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('provenance'), tempo: { buildMs: 50 } });
  http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    http,
    callTimeoutMs: 5_000,
  });
  commit = createRepository(folders, join(cloud.dir, 'repos', 'app.git')).good;
  repository = { url: `${http}/git/app.git`, branch: 'main' };
  buildKey = ((await cloud.control('GET', 'build-key')) as { publicKey: string }).publicKey;
});
let other: Server | undefined;
afterEach(() => other?.close());
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

async function built(name: string): Promise<Artifact> {
  const { project, region } = cloud;
  const image = `${region}-docker.pkg.dev/${project}/apps/${name}`;
  const build = buildSchema.parse({ kind: 'cloudBuild', project, region, image });
  const builds = createBuilds(clients, createGitSources(join(cloud.dir, 'mirrors'), { read: () => null }));
  const signal = new AbortController().signal;
  return builds.run({ build, repository, commit, change: 'c1', progress: () => undefined, signal });
}

interface Surroundings {
  /** Clients of another registry. */
  of?: GoogleClients;
  /** Files of the catalog. */
  files?: Record<string, string>;
}

function required(artifact: Artifact, attestor: object, { of = clients, files = {} }: Surroundings = {}) {
  const entry = provenanceSchema.parse({ attestors: [attestor], arrivesWithinSeconds: 0 });
  const catalog = { file: async (name: string) => files[name] ?? null };
  const ports = { attestations: createAttestations(of), catalog: catalog as never };
  return requireProvenance(ports, { repository }, entry, artifact);
}

/** Pushes an object beside an image, as every tool does it. */
async function push(
  artifact: Artifact,
  layer: { mediaType: string; text: string; annotations?: object },
  { tag, more = {} }: { tag?: string; more?: object },
): Promise<void> {
  const [host = '', ...path] = artifact.image.replace(/@.*/, '').split('/');
  const base = `${http}/registries/${host}/v2/${path.join('/')}`;
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const digest = digestOf(layer.text);
  const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const stored = await fetch(`${http}${begun.headers.get('location')}?digest=${digest}`, {
    method: 'PUT',
    body: layer.text,
  });
  expect(stored.status).toBe(201);
  const { mediaType, annotations, text } = layer;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    layers: [{ mediaType, digest, size: Buffer.byteLength(text), annotations }],
    ...more,
  });
  const pushed = await fetch(`${base}/manifests/${tag ?? digestOf(manifest)}`, {
    method: 'PUT',
    headers: { 'content-type': manifestType },
    body: manifest,
  });
  expect(pushed.status).toBe(201);
}

const attTag = ({ digest }: Artifact) => `${digest.replace(':', '-')}.att`;
const refersTo = ({ digest }: Artifact) => ({
  artifactType: bundleType,
  subject: { mediaType: manifestType, digest, size: 1 },
});
const claimOf = ({ digest }: Artifact) => ({ digest, commit, repository: repository.url });

describe('the provenance of Cloud Build', () => {
  const attestor = () => ({ key: buildKey, builder: cloudBuilder, store: 'artifactAnalysis' });

  it('is found for what a build has made, and names the build', async () => {
    const artifact = await built('by-cloud-build');
    expect(await required(artifact, attestor())).toMatchObject({
      by: expect.stringMatching(/^key SHA256:/),
      builder: cloudBuilder,
      commit,
      build: expect.stringMatching(/\/builds\/[0-9a-f-]{36}$/),
    });
  });

  it('does not count for another commit, for another digest, or by another key', async () => {
    const artifact = await built('refused');
    await expect(required({ ...artifact, commit: 'a'.repeat(40) }, attestor())).rejects.toMatchObject({
      type: 'GateFailed',
      message: expect.stringContaining(`is about commit ${commit}`),
    });
    const digest = `sha256:${'1'.repeat(64)}`;
    const moved = { ...artifact, digest, image: artifact.image.replace(/sha256:.*/, digest) };
    await expect(required(moved, attestor())).rejects.toMatchObject({
      type: 'GateFailed',
      message: expect.stringContaining('nothing attests it'),
    });
    await expect(required(artifact, { ...attestor(), key: keyPair().key })).rejects.toMatchObject({
      type: 'GateFailed',
      message: expect.stringContaining('does not verify'),
    });
  });
});

describe('an attestation in the registry', () => {
  const { privateKey, key } = keyPair();
  const attestor = { key, builder };

  it('of cosign by a key is found under its tag', async () => {
    const artifact = await built('cosign-key');
    await expect(required(artifact, attestor)).rejects.toMatchObject({ type: 'GateFailed' });
    const text = JSON.stringify(signedByKey(slsa1(claimOf(artifact)), privateKey));
    await push(artifact, { mediaType: envelopeType, text }, { tag: attTag(artifact) });
    expect(await required(artifact, attestor)).toMatchObject({ commit, builder });
  });

  it('of cosign by an identity is found under its tag, with certificate and entry of the log', async () => {
    const artifact = await built('cosign-identity');
    const sigstore = await openSigstore();
    const { envelope, annotations } = await sigstore.sign(slsa1(claimOf(artifact)));
    await push(
      artifact,
      { mediaType: envelopeType, text: JSON.stringify(envelope), annotations },
      { tag: attTag(artifact) },
    );
    const files = { 'root.json': sigstore.trustedRoot };
    const sha256 = createHash('sha256').update(sigstore.trustedRoot).digest('hex');
    const identity = { identity: workflowIdentity, issuer, builder, trustedRoot: { file: 'root.json', sha256 } };
    expect(await required(artifact, identity, { files })).toMatchObject({ by: `${workflowIdentity} (${issuer})` });
  });

  it('that refers to the image is found, as GitHub and cosign 3 store it', async () => {
    const artifact = await built('referrer');
    const bundle = keyBundle(signedByKey(slsa1(claimOf(artifact)), privateKey));
    await push(artifact, { mediaType: bundleType, text: '{ not JSON' }, { more: refersTo(artifact) });
    await push(artifact, { mediaType: 'text/plain', text: 'a note' }, { more: refersTo(artifact) });
    await push(artifact, { mediaType: bundleType, text: JSON.stringify(bundle) }, { more: refersTo(artifact) });
    expect(await required(artifact, attestor)).toMatchObject({ commit });
  });

  it('of another image that was pushed beside this one does not count', async () => {
    const artifact = await built('stolen');
    const elsewhere = { ...artifact, digest: `sha256:${'2'.repeat(64)}` };
    const bundle = keyBundle(signedByKey(slsa1(claimOf(elsewhere)), privateKey));
    await push(artifact, { mediaType: bundleType, text: JSON.stringify(bundle) }, { more: refersTo(artifact) });
    await expect(required(artifact, attestor)).rejects.toMatchObject({
      message: expect.stringContaining('is about another digest'),
    });
  });
});

describe('a registry', () => {
  const digest = `sha256:${'3'.repeat(64)}`;
  const artifact = () => ({ image: `us-docker.pkg.dev/p/r/image@${digest}`, digest, commit });

  /** Opens clients of a registry that answers by path, and else with a status. */
  const answering = (status: number, byPath: Record<string, unknown> = {}) =>
    serving(status, (path) => (byPath[path] === undefined ? undefined : JSON.stringify(byPath[path])));

  /** Opens clients of a registry that answers a path with a text, and else with a status. */
  async function serving(status: number, textOf: (path: string) => string | undefined): Promise<GoogleClients> {
    other = createServer((request, response) => {
      const text = textOf((request.url ?? '').split('/image/')[1] ?? '');
      if (text === undefined) return void response.writeHead(status).end();
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => other?.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    return { ...clients, registryUrl: () => url, analysisUrl: url };
  }

  const { privateKey, key } = keyPair();
  const attestor = { key, builder };

  it('without the API of referrers keeps the list under a tag', async () => {
    const bundle = keyBundle(signedByKey(slsa1(claimOf(artifact())), privateKey));
    const layer = `sha256:${'4'.repeat(64)}`;
    const referrer = `sha256:${'5'.repeat(64)}`;
    const of = await answering(404, {
      [`manifests/${digest.replace(':', '-')}`]: { manifests: [{ digest: referrer }] },
      [`manifests/${referrer}`]: { layers: [{ mediaType: bundleType, digest: layer }] },
      [`blobs/${layer}`]: bundle,
    });
    expect(await required(artifact(), attestor, { of })).toMatchObject({ commit });
  });

  describe('whose provenance stands on several pages of Artifact Analysis', () => {
    const analysis = { ...attestor, store: 'artifactAnalysis' };

    /** Opens clients of an Artifact Analysis of so many pages: the good attestation is on the last one. */
    async function withPages(count: number): Promise<GoogleClients> {
      other = createServer((request, response) => {
        const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('pageToken') ?? 1);
        const by = page === count ? privateKey : keyPair().privateKey;
        const occurrences = [{ name: `p/o/${page}`, envelope: signedByKey(slsa1(claimOf(artifact())), by) }];
        const more = page < count ? { nextPageToken: String(page + 1) } : {};
        response.writeHead(200).end(JSON.stringify({ occurrences, ...more }));
      });
      await new Promise<void>((resolve) => other?.listen(0, '127.0.0.1', resolve));
      return { ...clients, analysisUrl: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
    }

    it('is found on the last one', async () => {
      expect(await required(artifact(), analysis, { of: await withPages(10) })).toMatchObject({ commit });
    });

    it('is not looked for without end, and that is said', async () => {
      await expect(required(artifact(), analysis, { of: await withPages(11) })).rejects.toMatchObject({
        type: 'GateFailed',
        message: expect.stringContaining('Artifact Analysis has more of it than is read'),
      });
    });
  });

  describe('with more beside an image than is read', () => {
    const digestAt = (...numbers: number[]) => `sha256:${createHash('sha256').update(numbers.join('.')).digest('hex')}`;
    const good = digestAt(-1);
    const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

    interface Pushed {
      manifests: number;
      layers: number;
      text: string;
      /** What manifests say of the layers; absent where they say nothing. */
      size?: number;
    }

    /** Opens clients of a registry with junk, and a good attestation under cosign's tag. */
    async function withJunk({ manifests, layers, text, size }: Pushed) {
      const bundle = keyBundle(signedByKey(slsa1(claimOf(artifact())), privateKey));
      const lists: Record<string, unknown> = {
        [`referrers/${digest}`]: { manifests: numbers(manifests).map((number) => ({ digest: digestAt(number) })) },
        [`manifests/${attTag(artifact())}`]: { layers: [{ mediaType: bundleType, digest: good }] },
      };
      for (const number of numbers(manifests))
        lists[`manifests/${digestAt(number)}`] = {
          layers: numbers(layers).map((layer) => ({ mediaType: bundleType, digest: digestAt(number, layer), size })),
        };
      const blobs = { at: [] as string[] };
      const of = await serving(404, (path) => {
        if (!path.startsWith('blobs/')) return lists[path] === undefined ? undefined : JSON.stringify(lists[path]);
        blobs.at.push(path);
        return path === `blobs/${good}` ? JSON.stringify(bundle) : text;
      });
      return { of, blobs };
    }

    it.each([
      ['many', { manifests: 100, layers: 100, text: '{}' }, 200],
      ['large', { manifests: 100, layers: 100, text: JSON.stringify('x'.repeat(3 << 20)) }, 11],
      ['larger than any, and it is not said', { manifests: 100, layers: 100, text: 'x'.repeat(5 << 20) }, 9],
    ])('reads no more than its budget, and says so: %s', async (_what, pushed, most) => {
      const { of, blobs } = await withJunk(pushed);
      await expect(required(artifact(), attestor, { of })).rejects.toMatchObject({
        type: 'GateFailed',
        message: expect.stringContaining('no provenance that counts: more is stored beside it than is read; referrer'),
      });
      expect(blobs.at.length).toBeGreaterThan(2);
      expect(blobs.at.length).toBeLessThanOrEqual(most);
    });

    it('takes a good attestation that is within the budget', async () => {
      const { of } = await withJunk({ manifests: 9, layers: 9, text: '{}' });
      expect(await required(artifact(), attestor, { of })).toMatchObject({ commit });
    });

    it('does not fetch a layer whose manifest says that it is too large', async () => {
      const { of, blobs } = await withJunk({ manifests: 9, layers: 9, text: '{}', size: 5 << 20 });
      expect(await required(artifact(), attestor, { of })).toMatchObject({ commit });
      expect(blobs.at).toEqual([`blobs/${good}`]);
    });
  });

  it.each([
    [503, 'Unavailable', false],
    [403, 'Denied', true],
  ])('that answers %s says nothing against the artifact', async (status, type, nonRetryable) => {
    const of = await answering(status);
    await expect(required(artifact(), attestor, { of })).rejects.toMatchObject({ type, nonRetryable });
    const analysis = { ...attestor, store: 'artifactAnalysis' };
    await expect(required(artifact(), analysis, { of })).rejects.toMatchObject({ type, nonRetryable });
  });

  it('that nobody reaches is waited for', async () => {
    const of = await answering(200);
    other?.close();
    other?.closeAllConnections();
    await expect(required(artifact(), attestor, { of })).rejects.toMatchObject({ type: 'Unavailable' });
  });

  it('of another vendor is not asked, and gets no token', async () => {
    const image = `registry.example/p/r/image@${digest}`;
    const of = { ...(await answering(200)), accessToken: () => Promise.reject(new Error('asked for a token')) };
    await expect(required({ ...artifact(), image }, attestor, { of })).rejects.toMatchObject({
      message: expect.stringContaining('is not one that is asked'),
    });
  });
});
