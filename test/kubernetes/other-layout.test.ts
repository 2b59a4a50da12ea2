import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGitSources } from '../../activities/git/sources.ts';
import { createKubernetesAdapters } from '../../activities/kubernetes/index.ts';
import type { Ports } from '../../activities/ports/index.ts';
import { catalogEntry, loadCatalog } from '../../catalog/load.ts';
import { digestOf, type Artifact } from '../../contract/artifact.ts';
import { kubectl } from '../../sandbox/servers/kubernetes.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { serverFiles, service } from '../sandbox/pods.ts';
import { failureOf } from '../workflows/harness.ts';
import { deployOf } from '../workflows/runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { World } from '../workflows/world.ts';
import { catalogFileOf, otherLayout, OtherRepository } from './other-layout.ts';
import { onePlatform } from './registries.ts';

const cluster = clusterForFile();
const harness = openHarness();
const image = 'us-central1-docker.pkg.dev/test/images/ledger';
const set = 'infra/kustomize/common/ledger.yaml';
const overlay = 'infra/kustomize/regions/north/kustomization.yaml';

/** A worker's own parts over a repository of somebody else: sources, catalog and target are the real ones. */
class LayoutWorld extends World {
  readonly namespace: string;
  readonly builds: string[] = [];
  private readonly repository: OtherRepository;

  private constructor(namespace: string, repository: OtherRepository) {
    super();
    this.namespace = namespace;
    this.repository = repository;
  }

  static async open(repository: OtherRepository): Promise<LayoutWorld> {
    process.env['SLIPWAY_KUBECTL'] = await obtain(kubectl, () => undefined);
    const namespace = await cluster.namespace();
    await cluster.create(service(namespace, 'front', 'ledger'));
    const { spec } = await cluster.core.readNamespacedService({ namespace, name: 'front' });
    const world = new LayoutWorld(namespace, repository);
    const places = { url: repository.url, namespace, image, users: `http://${spec?.clusterIP}` };
    await world.loadEntry(catalogFileOf(world.service, places));
    return world;
  }

  /** Reads the catalog file as a worker does. */
  private async loadEntry(text: string): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-catalog-test-'));
    await writeFile(path.join(folder, 'ledger.yaml'), text);
    const catalog = await loadCatalog(folder);
    await rm(folder, { recursive: true });
    expect(catalog.problems).toEqual([]);
    const entry = catalogEntry(catalog, this.service, 'staging');
    if ('message' in entry) throw new Error(entry.message);
    this.entry = entry;
  }

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const sources = createGitSources(this.repository.mirrors, { read: () => null });
    const { kubernetes } = createKubernetesAdapters(sources, onePlatform, {
      kubeconfig: cluster.controlPlane.kubeconfig,
    });
    return {
      ...ports,
      sources,
      targets: { ...ports.targets, kubernetes: kubernetes.target },
      logs: kubernetes.logs,
      secrets: kubernetes.secrets,
      builds: { ...ports.builds, run: ({ commit }) => this.buildOf(commit) },
    };
  }

  private async buildOf(commit: string): Promise<Artifact> {
    this.builds.push(commit);
    const built = await cluster.image('ledger', { ...serverFiles, 'commit.txt': commit });
    return { image: built, digest: digestOf(built) ?? '', commit };
  }

  async value(object: string, jsonpath: string): Promise<string> {
    return (await cluster.kubectl('-n', this.namespace, 'get', object, '-o', `jsonpath=${jsonpath}`)).stdout;
  }
}

async function withRepository(play: (world: LayoutWorld, repository: OtherRepository) => Promise<void>): Promise<void> {
  const repository = await OtherRepository.open();
  try {
    await play(await LayoutWorld.open(repository), repository);
  } finally {
    await repository.close();
  }
}

/** What a catalog file has to say of any repository, and nothing else. */
describe('a repository of somebody else, laid out in another way', () => {
  it('is released from its catalog file alone, with its own Job as the pattern of migrations', async () => {
    await withRepository(async (world, repository) => {
      const files = otherLayout(world.namespace);
      const first = await repository.commit(files);
      const next = await repository.commit({ 'infra/kustomize/common/settings.env': 'LEVEL=debug\n' });
      await harness.with(world, async (start) => {
        const dry = await start('deploy', deployOf(world, { commit: first, dryRun: true }));
        expect(await dry.result()).toMatchObject({ outcome: expect.stringContaining('planned') });
        for (const commit of [first, next]) {
          const { revision } = await (await start('deploy', deployOf(world, { commit }))).result();
          expect(await world.value('statefulset/north-ledger', '{.status.updateRevision}')).toBe(revision);
        }
      });
      const container = '.spec.template.spec.containers[0]';
      const running = await world.value('statefulset/north-ledger', `{${container}.image}`);
      const ours = '{.items[?(@.metadata.labels.app=="ledger")].status.containerStatuses[0].imageID}';
      expect(await world.value('pods', ours)).toBe(running);
      const settings = await world.value('statefulset/north-ledger', `{${container}.envFrom[0].configMapRef.name}`);
      expect(settings).toMatch(/^north-ledger-settings-\w+$/);
      expect(await world.value(`configmap/${settings}`, '{.data.LEVEL}')).toBe('debug');
      expect(await world.value('hpa/north-ledger', '{.spec.scaleTargetRef.name}')).toBe('north-ledger');

      const jobs = (await world.value('jobs', '{.items[*].metadata.name}')).split(' ');
      expect(jobs).toHaveLength(2);
      for (const job of jobs) {
        expect(job).toMatch(/^north-migrate-c\w+-a1$/);
        const log = await cluster.kubectl('-n', world.namespace, 'logs', `job/${job}`);
        expect(log.stdout).toContain('migrations of all');
        expect(await world.value(`job/${job}`, '{.spec.backoffLimit} {.status.succeeded}')).toBe('0 1');
      }
      expect((await cluster.kubectl('get', 'clusterrole', 'north-ledger-reader')).code).not.toBe(0);
    });
  });

  it('is refused in preflight, before a build, with the lines that server-side apply would refuse', async () => {
    await withRepository(async (world, repository) => {
      const files = otherLayout(world.namespace);
      const [level, region] = ['            - { name: LEVEL, value: a }\n', '            - name: REGION\n'];
      const twice = (files[set] ?? '').replace(region, `${level}${level}${region}`);
      // A patch of the list would have merged them, as it does for kubectl.
      const north = files[overlay]?.split('patches:')[0] ?? '';
      const commit = await repository.commit({ ...files, [set]: twice, [overlay]: north });
      const levels = twice.split('\n').flatMap((line, index) => (line.includes('LEVEL') ? [index + 1] : []));
      const lines = levels.map((line) => `${set}:${line}`);
      await harness.with(world, async (start) => {
        const failure = await failureOf(await start('deploy', deployOf(world, { commit })));
        expect(failure.message).toContain(
          `StatefulSet/north-ledger spec.template.spec.containers[server].env: has LEVEL 2 times (${lines.join(', ')})`,
        );
      });
      expect(world.builds).toEqual([]);
    });
  });
});
