import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();
const child = `sha256:${'c'.repeat(64)}`;

/** Opens a release whose second pod says that it runs another image id, as some container runtimes do. */
async function openWithImageId(idOf: (image: string) => string) {
  const world = await ReleaseWorld.open(cluster, 'StatefulSet');
  const artifact = await world.artifact('a'.repeat(40));
  const revision = await world.change().release(artifact);
  const path = '/status/containerStatuses/0/imageID';
  const patch = JSON.stringify([{ op: 'replace', path, value: idOf(artifact.image.split('@')[0] ?? '') }]);
  const arguments_ = ['patch', 'pod/app-1', '--subresource=status', '--type=json', '-p', patch];
  // Before each look: the node writes the status anew whenever something of the pod changes.
  const problems = async (): Promise<string[]> => {
    expect(await world.kubectl(...arguments_)).toMatchObject({ code: 0 });
    return (await world.port.readBack(world.target, { artifact, revision, withJob: false, withDrift: false })).problems;
  };
  return { world, artifact, problems };
}

/** The digest of an index is pinned, and a node may report that of its own platform's image (kubernetes#115199). */
describe('an image id that is not the pinned digest', () => {
  it('counts where the registry has it as one image of the pinned index, and else is inconclusive', async () => {
    const { world, artifact, problems } = await openWithImageId((repository) => `${repository}@${child}`);
    const inconclusive = `inconclusive: pod app-1 runs image id ${artifact.image.split('@')[0]}@${child}, not `;
    expect(await problems()).toEqual([`${inconclusive}${artifact.digest}`]);

    const asked: string[] = [];
    const partsOf = (image: string) => {
      asked.push(image);
      return Promise.resolve([`sha256:${'d'.repeat(64)}`, child]);
    };
    world.registry = { partsOf };
    expect(await problems()).toEqual([]);
    expect(asked).toEqual([artifact.image]);

    world.registry = { partsOf: () => Promise.reject(new Error('no answer within 10 s')) };
    const reason = '; the registry does not say whether they are the same: no answer within 10 s';
    expect(await problems()).toEqual([`${inconclusive}${artifact.digest}${reason}`]);
  });

  it('counts where it is the digest of a configuration, and the registry has that in the pinned image', async () => {
    const { world, artifact, problems } = await openWithImageId(() => child);
    expect(await problems()).toEqual([`inconclusive: pod app-1 runs image id ${child}, not ${artifact.digest}`]);
    world.registry = { partsOf: () => Promise.resolve([child]) };
    expect(await problems()).toEqual([]);
  });
});
