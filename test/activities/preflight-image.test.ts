import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createArtifactActivities, type PreflightRequest, type PreflightResult } from '../../activities/artifacts.ts';
import { artifactOf, commits, World } from '../workflows/world.ts';

/** Checks an image before a deploy of it, where nothing is on hold. */
function preflight(world: World): Promise<PreflightResult> {
  const named = { installation: async () => '' };
  const connection = { address: '', namespace: '', ui: undefined, knownSearchAttributes: async () => [], ...named };
  const environments = { statusOf: async () => null };
  const activities = createArtifactActivities(world.ports(connection, environments as never));
  const request = { entry: world.entry, commit: null, image: artifactOf(commits.good).image };
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
