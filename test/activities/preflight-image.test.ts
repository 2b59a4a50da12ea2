import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createArtifactActivities, type PreflightRequest, type PreflightResult } from '../../activities/artifacts.ts';
import { provenance as provenanceSchema } from '../../contract/catalog/provenance.ts';
import { attestable, builder, keyBundle, keyPair, signedByKey, slsa1 } from '../attestations.ts';
import { artifactOf, commits, World } from '../workflows/world.ts';

/** Checks an image before a deploy of it, where nothing is on hold. */
function preflight(world: World, image = artifactOf(commits.good).image): Promise<PreflightResult> {
  const named = { installation: async () => '' };
  const connection = { address: '', namespace: '', ui: undefined, knownSearchAttributes: async () => [], ...named };
  const environments = { statusOf: async () => null };
  const activities = createArtifactActivities(world.ports(connection, environments as never));
  const request = { entry: world.entry, commit: null, image };
  return new MockActivityEnvironment().run<[PreflightRequest], PreflightResult, typeof activities.preflight>(
    activities.preflight,
    request,
  );
}

it('an image of a commit that is not on the release branch is refused', async () => {
  const world = new World();
  expect(await preflight(world)).toMatchObject({ commit: commits.good });
  world.onBranch = false;
  await expect(preflight(world)).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('is not on the release branch main'),
  });
});

it('an image of which only its provenance tells the commit is refused as any other', async () => {
  const world = new World();
  const digest = `sha256:${'e'.repeat(64)}`;
  const { build, repository } = world.entry;
  if (!build) throw new Error('the world builds');
  const { privateKey, key } = keyPair();
  const place = attestable(build);
  const provenance = provenanceSchema.parse({ attestors: [{ key, builder }], arrivesWithinSeconds: 0 });
  world.entry = { ...world.entry, build: place, provenance };
  const statement = slsa1({ digest, commit: commits.good, repository: repository.url });
  world.attestations = [{ place: 'tag x.att', bundle: keyBundle(signedByKey(statement, privateKey)) }];
  const image = `${place.image}@${digest}`;
  expect(await preflight(world, image)).toMatchObject({ commit: commits.good });
  world.onBranch = false;
  await expect(preflight(world, image)).rejects.toMatchObject({ type: 'InvalidInput' });
  world.attestations = [];
  await expect(preflight(world, image)).rejects.toMatchObject({ type: 'GateFailed' });
});
