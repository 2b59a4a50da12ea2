import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createPlanningActivities, type PlanRequest, type PlanResult } from '../../activities/planning.ts';
import { provenance as provenanceSchema } from '../../contract/catalog/provenance.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { queryNames } from '../../contract/messages.ts';
import type { ChangeKind, Plan } from '../../contract/plan.ts';
import { attestable, builder, keyBundle, keyPair, signedByKey, slsa1 } from '../attestations.ts';
import { failureOf } from './harness.ts';
import { approve, deployOf, rollbackOf, untilAsked, untilWaitingFor } from './runs.ts';
import { openHarness } from './stage.ts';
import { artifactOf, clusterTarget, commits, noApprovals, World } from './world.ts';

const harness = openHarness();
const { privateKey, key } = keyPair();

/** A service whose artifacts need a provenance by our key. */
function attestedWorld(changes: ConstructorParameters<typeof World>[0] = { approvals: noApprovals }): World {
  const world = new World(changes);
  const provenance = provenanceSchema.parse({ attestors: [{ key, builder }], arrivesWithinSeconds: 0 });
  const { build } = world.entry;
  world.entry = { ...world.entry, build: build && attestable(build), provenance };
  return world;
}

function attest(world: World, commit: string, claim: object = {}): void {
  const { digest } = artifactOf(commit);
  const statement = slsa1({ digest, commit, repository: world.entry.repository.url, ...claim });
  world.attestations = [{ place: 'tag x.att', bundle: keyBundle(signedByKey(statement, privateKey)) }];
}

function inCluster(world: World): void {
  world.entry = { ...world.entry, settings: { ...world.entry.settings, target: clusterTarget } };
}

describe('where the catalog asks for a provenance', () => {
  it.each<[ChangeKind, boolean]>([
    ['deploy', true],
    ['promote', true],
    ['rollback', false],
    ['migrate', false],
    ['restart', false],
    ['rotateSecrets', false],
  ])('the plan of a %s needs one: %s', async (kind, isNeeded) => {
    const world = attestedWorld();
    world.away.add('attestations');
    const environments = { statusOf: async () => ({ ledger: [], isOpen: true }) as unknown as EnvironmentStatus };
    const unknown = { knownSearchAttributes: async () => [], installation: async () => '' };
    const ports = world.ports({ address: '', namespace: '', ui: undefined, ...unknown }, environments as never);
    const { plan } = createPlanningActivities(ports);
    const artifact = attestable(artifactOf(commits.good));
    const request = { entry: world.entry, kind, change: 'c1', artifact, steps: [] };
    const planned = new MockActivityEnvironment().run<[PlanRequest], PlanResult, typeof plan>(plan, request);
    if (isNeeded) await expect(planned).rejects.toThrow('attestations has no answer');
    else expect((await planned).plan.origin).toBeUndefined();
  });

  it('a deploy of an attested commit is released, and its plan says who attests it', async () => {
    const world = attestedWorld();
    attest(world, commits.good);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect(await run.result()).toMatchObject({ outcome: expect.stringContaining('released') });
      const { origin } = await run.query<Plan>(queryNames.plan);
      expect(origin).toMatchObject({ kind: 'attested', builder, by: expect.stringContaining('key SHA256:') });
    });
  });

  it.each<[string, (world: World) => void, string]>([
    ['nothing attests', () => undefined, 'nothing attests it'],
    [
      'is attested for another commit',
      (world) => attest(world, commits.good, { commit: commits.bad }),
      'is about commit',
    ],
    ['nothing attests, in a cluster', (world) => inCluster(world), 'nothing attests it'],
  ])('a deploy of what %s ends before anybody is asked', async (_what, arrange, why) => {
    const world = attestedWorld({});
    arrange(world);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect(await failureOf(run)).toMatchObject({ type: 'Aborted', message: expect.stringContaining(why) });
    });
    expect(world.writes).toEqual([]);
  });

  it('a deploy goes no further when its provenance is gone while people think about it', async () => {
    const world = attestedWorld({});
    attest(world, commits.good);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilAsked(run);
      world.attestations = [];
      await approve(run);
      expect(await failureOf(run)).toMatchObject({ type: 'Aborted' });
    });
    expect(world.writes).toEqual([]);
  });

  it('a deploy waits for a registry that does not answer, says so, and goes on by itself', async () => {
    const world = attestedWorld();
    attest(world, commits.good);
    world.standstillMs = 200;
    world.away.add('attestations');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await untilWaitingFor(run, 'platform');
      world.away.clear();
      expect(await run.result()).toMatchObject({ outcome: expect.stringContaining('released') });
    });
  });

  it('a rollback to what was released before needs none, and asks nobody for it (I6)', async () => {
    const world = attestedWorld();
    attest(world, commits.good);
    await harness.with(world, async (start) => {
      await (await start('deploy', deployOf(world))).result();
      attest(world, commits.bad);
      await (await start('deploy', deployOf(world, { commit: commits.bad }))).result();
      world.attestations = [];
      world.away.add('attestations');
      const back = await start('rollback', rollbackOf(world));
      expect(await back.result()).toMatchObject({ outcome: expect.stringContaining('rolled back') });
    });
  });
});
