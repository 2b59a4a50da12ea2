import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import type { catalogFile } from '../../../contract/catalog/catalog.ts';
import { sandboxVariables } from '../../../sandbox/people.ts';
import { buildImage } from '../../../sandbox/seed/images.ts';
import { runtimeImage, runtimeService } from '../../../sandbox/seed/estate.ts';
import type { TestSandbox } from '../../end-to-end/sandbox.ts';
import { WorkerProcess } from '../../end-to-end/worker-process.ts';
import { openedForFile } from '../../opened-for-file.ts';
import { ApiServerProxy, type LateCall } from './api-server-proxy.ts';
import { overlay, Place, type PlaceGround } from './place.ts';

type CatalogText = z.input<typeof catalogFile>;
type EnvironmentText = CatalogText['environments'][string];

const catalog = path.join(import.meta.dirname, '..', '..', '..', 'catalog', `${runtimeService}.yaml`);

/** One service of the catalog with its environments in the cluster: production, and staging where promotions begin. */
export interface ClusterEstate {
  name: string;
  production: Place;
  staging: Place | undefined;
}

/** A worker and the only way that it has to the cluster. */
export interface ProxiedWorker {
  worker: WorkerProcess;
  proxy: ApiServerProxy;
  /** Gives it the accounts of these estates, each that of its own namespace, before it needs any. */
  admit(estates: readonly ClusterEstate[]): Promise<void>;
}

/** A sandbox with a cluster, in which estates are made and workers started and killed. */
export class ClusterStage {
  readonly sandbox: TestSandbox;
  private readonly ground: PlaceGround;
  private workers = 0;

  private constructor(sandbox: TestSandbox, ground: PlaceGround) {
    this.sandbox = sandbox;
    this.ground = ground;
  }

  static async open(sandbox: TestSandbox): Promise<ClusterStage> {
    const { dir, kubernetes, postgres } = sandbox.description;
    if (!kubernetes || !postgres) throw new Error('the sandbox has no cluster');
    const commit = sandbox.commitOf(runtimeService, 'baseline');
    const baseline = { commit, image: await imageOf(sandbox, commit) };
    const ground = { cluster: kubernetes, dir, postgres: postgres.url, baseline };
    // Each image is built once, so that every run finds it.
    await Promise.all([imageOf(sandbox, sandbox.commitOf(runtimeService, 'good')), Place.prepare(ground)]);
    return new ClusterStage(sandbox, ground);
  }

  get auditLog(): string {
    return this.sandbox.description.kubernetes?.auditLog ?? '';
  }

  commit(scenario: string): string {
    return this.sandbox.commitOf(runtimeService, scenario);
  }

  image(scenario: string): Promise<string> {
    return imageOf(this.sandbox, this.commit(scenario));
  }

  async estate(name: string, { withStaging = false, withGate = false } = {}): Promise<ClusterEstate> {
    const [production, staging] = await Promise.all([
      Place.create(this.ground, name),
      withStaging ? Place.create(this.ground, `${name}-staging`) : undefined,
    ]);
    const estate = { name, production, staging };
    await this.describe(estate, withGate);
    return estate;
  }

  /** Starts a worker behind a proxy of its own; `late` are the calls that a dead one has left on their way. */
  async worker(late: LateCall[] = []): Promise<ProxiedWorker> {
    const { description } = this.sandbox;
    const { dir, temporal, cloud, kubernetes } = description;
    const proxy = await ApiServerProxy.start(kubernetes?.kubeconfig ?? '', late);
    this.workers += 1;
    const kubeconfig = path.join(dir, `worker-${this.workers}.kubeconfig`);
    const worker = await WorkerProcess.start({
      ...sandboxVariables(description),
      TEMPORAL_ADDRESS: temporal?.address,
      SLIPWAY_CLOUD_GRPC: cloud?.grpc,
      SLIPWAY_CLOUD_HTTP: cloud?.http,
      SLIPWAY_CATALOG: this.sandbox.catalogFolder,
      SLIPWAY_STATE: path.join(dir, 'state-of-workers'),
      SLIPWAY_KUBECTL: kubernetes?.kubectl,
      KUBECONFIG: kubeconfig,
    });
    const admit = (estates: readonly ClusterEstate[]) =>
      writeFile(kubeconfig, JSON.stringify(kubeconfigOf(proxy, placesOf(estates))));
    return { worker, proxy, admit };
  }

  /** Writes the catalog's own file for this service, with short waits. */
  private async describe({ name, production, staging }: ClusterEstate, withGate: boolean): Promise<void> {
    const file = parse(await readFile(catalog, 'utf8'), { merge: true }) as CatalogText;
    const like = file.environments['cluster'];
    if (!like) throw new Error(`the catalog has no cluster of ${runtimeService}`);
    const described: CatalogText = {
      ...file,
      service: name,
      train: undefined,
      environments: {
        ...(staging && { staging: environmentOf(like, staging, withGate) }),
        production: environmentOf(like, production, withGate),
      },
    };
    const text = stringify(described, { aliasDuplicateObjects: false });
    await writeFile(path.join(this.sandbox.catalogFolder, `${name}.yaml`), text);
  }
}

export function placesOf(estates: readonly ClusterEstate[]): Place[] {
  return estates.flatMap(({ production, staging }) => (staging ? [production, staging] : [production]));
}

function environmentOf(like: EnvironmentText, { namespace, url }: Place, withGate: boolean): EnvironmentText {
  const { target } = like;
  if (target.kind !== 'kubernetes') throw new TypeError(`${runtimeService} does not run in a cluster`);
  return {
    ...like,
    target: { ...target, context: namespace, namespace, overlay, url },
    approvals: { required: [] },
    // Its two Jobs take a while, and only one flow is about them.
    postDeployGate: withGate ? like.postDeployGate : undefined,
    bake: { seconds: 1, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 10 },
  };
}

function kubeconfigOf(proxy: ApiServerProxy, places: Place[]): object {
  const each = <Entry>(entry: (place: Place) => Entry) =>
    places.map((place) => ({ name: place.namespace, ...entry(place) }));
  return {
    apiVersion: 'v1',
    kind: 'Config',
    // The library sends no token over plain HTTP otherwise.
    clusters: each(({ namespace }) => ({
      cluster: { server: proxy.urlOf(namespace), 'insecure-skip-tls-verify': true },
    })),
    users: each(({ token }) => ({ user: { token } })),
    contexts: each(({ namespace }) => ({ context: { cluster: namespace, user: namespace } })),
    'current-context': places[0]?.namespace,
  };
}

/** Opens a stage for the file that calls this. Its sandbox closes what it holds. */
export function openClusterStage(sandbox: TestSandbox): ClusterStage {
  return openedForFile(
    () => ClusterStage.open(sandbox),
    async () => undefined,
  );
}

function imageOf({ platform }: TestSandbox, commit: string): Promise<string> {
  return buildImage(platform.clients, platform.address, runtimeImage, commit);
}
