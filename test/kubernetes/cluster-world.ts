import type { Ports } from '../../activities/ports/index.ts';
import { createKubernetesAdapters } from '../../activities/kubernetes/index.ts';
import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Cluster } from '../sandbox/cluster.ts';
import { service } from '../sandbox/pods.ts';
import { commits, migration, noApprovals, World } from '../workflows/world.ts';
import { onePlatform } from './registries.ts';
import { ReleaseWorld, type Behaviour } from './release-world.ts';

/** A world whose platform is a real cluster: its target, its logs and its secrets are those that a worker has. */
export class ClusterWorld extends World {
  readonly release: ReleaseWorld;
  /** How the pods of the bad commit fail. */
  bad: Behaviour = 'crashes';
  /** How those of every other commit behave. */
  good: Behaviour = 'good';
  private readonly cluster: Cluster;
  private readonly artifacts = new Map<string, Artifact>();

  private constructor(cluster: Cluster, release: ReleaseWorld, changes: Partial<CatalogEntry['settings']>) {
    const { when: _when, fallback: _fallback, ...rest } = { ...migration, fallback: undefined };
    super({
      target: release.target,
      approvals: noApprovals,
      migration: { ...rest, command: ['sh', '-c', 'echo migrated'], timeoutSeconds: 30 },
      smoke: [{ name: 'health', method: 'GET', path: '/healthz', status: [200], timeoutSeconds: 5 }],
      drill: {
        clients: { path: '/healthz', count: 4, everyMs: 50, silenceSeconds: 5 },
        reconnectWithinSeconds: 30,
        approvals: [],
      },
      logs: [{ name: 'errors', filter: 'Error', freshnessMinutes: 10, limit: 20 }],
      ...changes,
    });
    this.cluster = cluster;
    this.release = release;
    const { build } = this.entry;
    this.entry = { ...this.entry, build: build && { ...build, image: release.image } };
  }

  /** Opens a namespace in which a person has applied the overlay of the old commit by hand, behind a Service. */
  static async open(cluster: Cluster, changes: Partial<CatalogEntry['settings']> = {}): Promise<ClusterWorld> {
    const release = await ReleaseWorld.open(cluster, 'StatefulSet');
    const { namespace } = release.target;
    await cluster.create(service(namespace, 'app', 'app'));
    const front = await cluster.core.readNamespacedService({ namespace, name: 'app' });
    release.target.url = `http://${front.spec?.clusterIP}`;
    const world = new ClusterWorld(cluster, release, changes);
    await release.applyByHand(await world.artifactOf(commits.old));
    return world;
  }

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const sources = { ...ports.sources, checkout: () => this.release.checkout() };
    const { kubeconfig } = this.cluster.controlPlane;
    const { kubernetes } = createKubernetesAdapters(sources, onePlatform, { kubeconfig });
    return {
      ...ports,
      sources,
      targets: { ...ports.targets, kubernetes: kubernetes.target },
      instances: { ...ports.instances, kubernetes: kubernetes.instances },
      logs: kubernetes.logs,
      secrets: kubernetes.secrets,
      builds: { ...ports.builds, run: ({ commit }) => this.artifactOf(commit) },
    };
  }

  async artifactOf(commit: string): Promise<Artifact> {
    const known = this.artifacts.get(commit);
    const artifact = known ?? (await this.release.artifact(commit, commit === commits.bad ? this.bad : this.good));
    this.artifacts.set(commit, artifact);
    return artifact;
  }
}
