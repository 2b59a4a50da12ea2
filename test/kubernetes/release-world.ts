import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { V1Container, V1EnvVar } from '@kubernetes/client-node';
import { createKubernetesClients, type KubernetesAccess } from '../../activities/kubernetes/client.ts';
import { createKubernetesTarget } from '../../activities/kubernetes/target.ts';
import { createPods } from '../../activities/kubernetes/instances.ts';
import { createClusterSecrets, createClusterSecretVersions } from '../../activities/kubernetes/secrets.ts';
import type { Secrets, SecretVersions } from '../../activities/ports/platform.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import type { Instances } from '../../activities/ports/instances.ts';
import type { JobReady, Shifted, Target, TargetDifference } from '../../activities/ports/target.ts';
import { digestOf, type Artifact } from '../../contract/artifact.ts';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import type { Instance } from '../../contract/drill.ts';
import type { Marker } from '../../contract/fence.ts';
import type { JobRun, ReadBack, Snapshot } from '../../contract/live.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { kubectl } from '../../sandbox/servers/kubernetes.ts';
import { onePlatform } from './registries.ts';
import type { Cluster } from '../sandbox/cluster.ts';
import { httpProbe, serverFiles } from '../sandbox/pods.ts';

export type WorkloadKind = KubernetesEntry['workload']['kind'];

/** Ways in which an image can be bad: each is told by the file `behaviour` in it. */
const behaviours = {
  good: serverFiles['server.js'],
  /** As good as its key: a value of the secret that does not count ends it. */
  needsKey: `if (!(process.env.KEY ?? '').startsWith('good')) { console.error('a wrong key'); process.exit(3); }
    ${serverFiles['server.js']}`,
  crashes: `console.error('no DATABASE_URL'); process.exit(3);`,
  greedy: `globalThis.all = Buffer.alloc(200 * 2 ** 20, 1); setInterval(() => {}, 1000);`,
  neverReady: `require('node:http').createServer((_, answer) => answer.writeHead(503).end())
    .listen(4100, process.env.POD_IP);`,
};
export type Behaviour = keyof typeof behaviours;

const place = 'overlay';
const imageName = 'app-image';

/** One workload of one kind in a namespace of its own, released by the adapter as a worker would. */
export class ReleaseWorld {
  readonly target: KubernetesEntry;
  readonly port: Target<KubernetesEntry>;
  readonly pods: Instances<KubernetesEntry>;
  readonly secrets: Secrets<KubernetesEntry>;
  /** What a person adds versions with. */
  readonly versions: SecretVersions<KubernetesEntry>;
  /** Settings that the overlay of the next commit has. */
  setting = 'one';
  replicas: number | null = 2;
  /** What the registry tells of images. */
  registry = onePlatform;
  /** Further variables of the container. */
  env: V1EnvVar[] = [];
  /** Secrets whose keys are all variables of the container. */
  secretsFrom: string[] = [];
  /** Further objects of the overlay. */
  others: object[] = [];
  /** Further fields of the container. */
  container: Partial<V1Container> = {};
  /** Further fields of the pods' `spec`. */
  podSpec: object = {};
  /** Further fields of the workload's `spec`. */
  spec: object = {};
  private readonly cluster: Cluster;
  private changes = 0;
  private sequence = 0;

  private constructor(cluster: Cluster, namespace: string, kind: WorkloadKind, access: KubernetesAccess) {
    this.cluster = cluster;
    this.target = {
      kind: 'kubernetes',
      namespace,
      overlay: place,
      workload: { kind, name: 'app' },
      image: imageName,
      url: 'http://app.example',
      migrationJob: 'app-migrate',
      rolloutTimeoutSeconds: 60,
    };
    const clients = createKubernetesClients(access);
    this.pods = createPods(clients);
    this.secrets = createClusterSecrets(clients);
    this.versions = createClusterSecretVersions(clients);
    const images = { partsOf: (image: string) => this.registry.partsOf(image) };
    this.port = createKubernetesTarget(clients, { sources: { checkout: () => this.checkout() } }, images);
  }

  /** Opens a world for the cluster's administrator, or for whom a kubeconfig of the namespace is made. */
  static async open(
    cluster: Cluster,
    kind: WorkloadKind,
    kubeconfigOf?: (namespace: string) => Promise<string>,
    access: KubernetesAccess = {},
  ): Promise<ReleaseWorld> {
    process.env['SLIPWAY_KUBECTL'] = await obtain(kubectl, () => undefined);
    const namespace = await cluster.namespace();
    const kubeconfig = (await kubeconfigOf?.(namespace)) ?? cluster.controlPlane.kubeconfig;
    return new ReleaseWorld(cluster, namespace, kind, { ...access, kubeconfig });
  }

  /** The repository of its images. */
  readonly image = 'us-central1-docker.pkg.dev/test/images/app';

  /** Makes an artifact whose pods behave so. */
  async artifact(commit: string, behaviour: Behaviour = 'good'): Promise<Artifact> {
    const files = { Procfile: 'web: node server.js\n', 'server.js': behaviours[behaviour], 'commit.txt': commit };
    const image = await this.cluster.image('app', files);
    return { image, digest: digestOf(image) ?? '', commit };
  }

  change(): Change {
    this.changes += 1;
    return new Change(this, `c${this.changes}`, this.changes);
  }

  nextSequence(): number {
    this.sequence += 1;
    return this.sequence;
  }

  kubectl(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return this.cluster.kubectl('-n', this.target.namespace, ...args);
  }

  /** Reads one value of an object. */
  async value(object: string, jsonpath: string): Promise<string> {
    return (await this.kubectl('get', object, '-o', `jsonpath=${jsonpath}`)).stdout;
  }

  async overlayFolder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-release-'));
    await mkdir(path.join(folder, place));
    const kustomization = {
      namespace: this.target.namespace,
      resources: ['workload.yaml', ...this.others.map((_object, index) => `other-${index}.yaml`)],
      configMapGenerator: [{ name: 'settings', literals: [`SETTING=${this.setting}`] }],
    };
    await writeFile(path.join(folder, place, 'kustomization.yaml'), stringify(kustomization));
    await writeFile(path.join(folder, place, 'workload.yaml'), stringify(this.workload()));
    for (const [index, object] of this.others.entries())
      await writeFile(path.join(folder, place, `other-${index}.yaml`), stringify(object));
    return folder;
  }

  /** Applies the overlay as people did before: by `kubectl apply`, with the image written into it. */
  async applyByHand({ image, commit }: Artifact): Promise<void> {
    const folder = await this.overlayFolder();
    const kustomization = path.join(folder, place, 'kustomization.yaml');
    const pinned = { images: [{ name: imageName, newName: image.split('@')[0], digest: digestOf(image) }] };
    const annotations = { commonAnnotations: { 'slipway.dev/commit': commit } };
    const before = await readFile(kustomization, 'utf8');
    await writeFile(kustomization, `${before}${stringify({ ...pinned, ...annotations })}`);
    const { code, stderr } = await this.kubectl('apply', '-k', path.join(folder, place));
    if (code !== 0) throw new Error(stderr);
    const { kind, name } = this.target.workload;
    await this.kubectl('rollout', 'status', `${kind.toLowerCase()}/${name}`, '--timeout=60s');
    await rm(folder, { recursive: true });
  }

  /** Lists what differs from what should be, and what somebody else has changed. */
  async drift(): Promise<string[]> {
    const { serving } = await this.port.observe(this.target);
    const [{ digest = '', commit = '' } = {}] = serving;
    const read = { artifact: { image: '', digest, commit }, revision: null, withJob: false, withDrift: true };
    return (await this.port.readBack(this.target, read)).problems;
  }

  async checkout() {
    const folder = await this.overlayFolder();
    return { folder, mirror: null, installed: new Set<string>(), close: () => rm(folder, { recursive: true }) };
  }

  private workload(): object {
    const { kind, name } = this.target.workload;
    const env = [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, ...this.env];
    const container = {
      name: 'app',
      image: imageName,
      ports: [{ name: 'http', containerPort: 4100 }],
      env,
      envFrom: [
        { configMapRef: { name: 'settings' } },
        ...this.secretsFrom.map((secret) => ({ secretRef: { name: secret } })),
      ],
      readinessProbe: httpProbe,
      ...this.container,
    };
    return {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        ...(kind !== 'DaemonSet' && this.replicas !== null && { replicas: this.replicas }),
        ...(kind === 'StatefulSet' && { serviceName: name }),
        ...this.spec,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { terminationGracePeriodSeconds: 3, containers: [container], ...this.podSpec },
        },
      },
    };
  }
}

/** One change, with the calls that a run makes of the adapter. */
export class Change {
  readonly id: string;
  private readonly world: ReleaseWorld;
  private readonly number: number;
  snapshot: Snapshot | undefined;
  /** What a person has decided to overwrite. */
  forced: readonly string[] = [];

  constructor(world: ReleaseWorld, id: string, number: number) {
    this.world = world;
    this.id = id;
    this.number = number;
  }

  write(step: string, attempt = 1): { marker: Marker; progress: () => void; signal: AbortSignal } {
    const fence = { number: this.number, sequence: this.world.nextSequence() };
    const marker = { change: this.id, step, attempt, fence };
    return { marker, progress: () => undefined, signal: new AbortController().signal };
  }

  /** Goes all the way: snapshot, stamp, stage, roll-out. Answers the revision that serves. */
  async release(artifact: Artifact): Promise<string> {
    const { shift } = await this.stageRelease(artifact);
    return (await shift()).revision ?? '';
  }

  /** Says what a release of the artifact would change, and what of others it would overwrite. */
  difference(artifact: Artifact): Promise<TargetDifference> {
    return this.world.port.difference(this.world.target, { artifact, ...this.source() });
  }

  /** Goes up to the roll-out; answers how that is called, as often as workers would. */
  async stageRelease(artifact: Artifact): Promise<{ shift: (signal?: AbortSignal) => Promise<Shifted> }> {
    const { port, target } = this.world;
    this.snapshot = await port.snapshot(target);
    const { key } = await port.stamp(target, { ...this.write('fence'), expected: this.snapshot.live.key });
    const { forced } = this;
    const staging = { ...this.write('stage'), expected: key, artifact, snapshot: this.snapshot, forced };
    const candidate = await port.stage(target, { ...staging, ...this.source() });
    const shifting = { ...this.write('shift'), expected: candidate.key, candidate, percent: 100, forced };
    const { snapshot } = this;
    return { shift: (signal = shifting.signal) => port.shift(target, { ...shifting, snapshot, signal }) };
  }

  /** Makes and runs one migration. */
  async migrate(artifact: Artifact, command: string[]): Promise<JobRun> {
    const { run } = await this.prepareMigration(artifact, command);
    return run();
  }

  /** Makes the Job of a migration; answers how it is run, as often as workers would. */
  async prepareMigration(
    artifact: Artifact,
    command: string[],
    timeoutSeconds = 30,
  ): Promise<{ prepared: JobReady; run: (attempt?: number) => Promise<JobRun> }> {
    const { port, target } = this.world;
    const how = { command, args: [], timeoutSeconds };
    const sync = { ...this.write('sync-job'), artifact, revision: null, ...how, ...this.source() };
    const prepared = await port.syncMigration(target, sync);
    const first = this.write('migrate');
    return {
      prepared,
      run: (attempt = 1) => {
        const write = attempt === 1 ? first : this.write('migrate', attempt);
        return port.runJob(target, { ...write, ready: prepared, artifact, ...how });
      },
    };
  }

  /** Ends the instances that serve now; answers how that is called, as often as workers would. */
  async replacement(): Promise<{ instances: Instance[]; replace: (signal?: AbortSignal) => Promise<void> }> {
    const { pods, target } = this.world;
    const instances = await pods.list(target);
    const write = this.write('restart');
    return { instances, replace: (signal = write.signal) => pods.replace(target, { ...write, instances, signal }) };
  }

  /** Goes up to a restart of what serves; answers how that is called, as often as workers would. */
  async prepareRestart(): Promise<{ restart: (signal?: AbortSignal) => Promise<Shifted> }> {
    const { port, target } = this.world;
    const snapshot = await port.snapshot(target);
    this.snapshot = snapshot;
    const { key } = await port.stamp(target, { ...this.write('fence'), expected: snapshot.live.key });
    const request = { ...this.write('restart'), expected: key, snapshot };
    return { restart: (signal = request.signal) => port.restart(target, { ...request, signal }) };
  }

  /** Goes up to the roll-out of other versions of secrets; answers how that is called. */
  async stageRotation(secrets: RotatedSecret[]): Promise<{ shift: () => Promise<Shifted> }> {
    const { port, target } = this.world;
    const snapshot = await port.snapshot(target);
    this.snapshot = snapshot;
    const { key } = await port.stamp(target, { ...this.write('fence'), expected: snapshot.live.key });
    const { forced } = this;
    const staging = { ...this.write('stage'), expected: key, snapshot, secrets, forced };
    const candidate = await port.stageSecrets(target, staging);
    const shifting = { ...this.write('shift'), expected: candidate.key, candidate, percent: 100, snapshot, forced };
    return { shift: () => port.shift(target, shifting) };
  }

  /** Makes the Job of a smoke; answers how it is run, as often as workers would. */
  async prepareSmoke(
    artifact: Artifact,
    command: string[],
    attempt = 1,
  ): Promise<{ prepared: JobReady; run: () => Promise<JobRun> }> {
    const { port, target } = this.world;
    const how = { command, args: [], timeoutSeconds: 30 };
    const source = { ...this.source(), variables: { BASE_URL: target.url } };
    const sync = { ...this.write('gate-smoke', attempt), artifact, revision: null, ...how, ...source };
    const prepared = await port.syncSmoke(target, sync);
    const write = this.write('gate-smoke', attempt);
    return { prepared, run: () => port.runJob(target, { ...write, ready: prepared, artifact, ...how }) };
  }

  /** Runs a program of evidence as a Job: the one of this number. */
  async runProgram(artifact: Artifact, command: string[], number = 1): Promise<JobRun> {
    const { port, target } = this.world;
    const how = { command, args: [], timeoutSeconds: 30 };
    const step = `evidence-${number}`;
    const sync = { ...this.write(step), artifact, revision: null, ...how, ...this.source() };
    const ready = await port.syncEvidence(target, sync);
    return port.runJob(target, { ...this.write(step), ready, artifact, ...how });
  }

  async restore(snapshot: Snapshot = this.snapshot as Snapshot): Promise<ReadBack> {
    const { port, target } = this.world;
    const { forced } = this;
    return port.restore(target, { ...this.write('restore'), snapshot, candidate: null, forced });
  }

  private source() {
    return { repository: { url: 'https://git.example/app.git', branch: 'main' }, variables: {}, secrets: {} };
  }
}
