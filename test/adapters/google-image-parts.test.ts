import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOfArtifact } from '../../activities/artifact-parts.ts';
import type { GoogleClients } from '../../activities/google/clients.ts';
import { CallBudget } from '../../activities/google/call-budget.ts';
import { createImages } from '../../activities/google/image-parts.ts';

const manifests = new Map<string, string>();
const asked: string[] = [];
let registry: Server;
let clients: GoogleClients;

beforeAll(async () => {
  registry = createServer(({ url = '' }, response) => {
    asked.push(url);
    const text = manifests.get(url.split('/').at(-1) ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  const registryUrl = (host: string) => `http://127.0.0.1:${port}/${host}`;
  const accessToken = () => Promise.resolve(undefined);
  clients = {
    registryUrl,
    accessToken,
    callTimeoutMs: 1_000,
    budget: new CallBudget(null),
  } as unknown as GoogleClients;
});
afterAll(() => registry.close());

const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Stores a manifest, and answers its digest. */
function push(content: object): string {
  const text = JSON.stringify(content);
  manifests.set(digest(text), text);
  return digest(text);
}

const configurations = ['amd', 'arm'].map(digest);
const repository = 'us-central1-docker.pkg.dev/p/r/a/b';

describe('the parts of an image', () => {
  it('are the images of its index and their configurations; the registry is asked once', async () => {
    const children = configurations.map((config) => push({ schemaVersion: 2, config: { digest: config } }));
    const list = 'application/vnd.docker.distribution.manifest.list.v2+json';
    const index = push({ mediaType: list, manifests: children.map((child) => ({ digest: child })) });
    const images = createImages(clients);
    const pinned = `${repository}@${index}`;
    for (const part of [index, ...children, ...configurations])
      expect(await isOfArtifact(images, pinned, part)).toBe(true);
    for (const other of ['', digest('other')]) expect(await isOfArtifact(images, pinned, other)).toBe(false);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe(`/us-central1-docker.pkg.dev/v2/p/r/a/b/manifests/${index}`);
    expect(await images.partsOf(`${repository}@${children[0]}`)).toEqual([configurations[0]]);
  });

  it('are none of a manifest that is not what its digest says, of a tag, and of another registry', async () => {
    const child = digest('child');
    const forged = digest('forged');
    manifests.set(forged, JSON.stringify({ manifests: [{ digest: child }] }));
    const images = createImages(clients);
    for (const image of [`${repository}@${forged}`, `${repository}@${child}`, `${repository}:live`])
      expect(await images.partsOf(image)).toEqual([]);
    const before = asked.length;
    expect(await images.partsOf(`registry.example.com/a@${forged}`)).toEqual([]);
    expect(asked).toHaveLength(before);
  });

  it('are unknown while the registry is away, which may pass', async () => {
    const away = { ...clients, registryUrl: () => 'http://127.0.0.1:9' } as GoogleClients;
    const asking = createImages(away).partsOf(`${repository}@${digest('away')}`);
    await expect(asking).rejects.toMatchObject({ nonRetryable: false });
  });
});
