import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBuildKey, publicHalf } from '../cloud/analysis/build-key.ts';
import { removeSandbox, writeSandbox } from '../description.ts';
import type { SandboxDescription } from '../description.ts';
import { identifySelf } from '../process-identity.ts';
import { createRepositories, repositoriesIn } from '../repositories.ts';
import type { Seeded } from '../seed.ts';
import { seedCluster } from '../seed/cluster.ts';
import type { FurtherPart } from '../parts.ts';
import { obtain } from '../servers/obtain.ts';
import type { Say } from '../servers/server.ts';
import { temporalCli } from '../servers/temporal.ts';
import { SupervisedChild } from './child.ts';
import type { ChildSpec } from './child.ts';
import { callLogOf, cloudFolderOf, cloudProject, cloudRegion, cloudSpec } from './parts/cloud.ts';
import { createKeys } from './keys.ts';
import { Children } from './leftovers.ts';
import { portNames, rememberedPorts, usualPorts } from './ports.ts';
import type { Ports } from './ports.ts';
import { postgres } from './parts/postgres.ts';
import { startKubernetes } from './parts/kubernetes.ts';
import { startMonitoring } from './parts/monitoring.ts';
import { podTargetsOf } from './parts/prometheus.ts';
import { temporalNamespace, temporalSpec } from './parts/temporal.ts';
import { trafficSpec } from './parts/traffic.ts';

export interface WorldOptions {
  /** Folder of everything that this sandbox keeps. */
  dir: string;
  /** File that says where everything is, as long as it is up. */
  descriptionFile: string;
  /** Without the sample services and their traffic. */
  empty: boolean;
  /** Names of the sample services; all by default. */
  services: string[] | undefined;
  /** Parts besides those that are always there. */
  parts: FurtherPart[];
  /** Asks for the ports where tools look first. */
  usualPorts: boolean;
  say: Say;
}

type Part = 'temporal' | 'cloud' | 'postgres' | 'prometheus' | 'alertmanager' | 'kubernetes' | 'traffic';

/** All processes of one sandbox, in the order in which they were started. */
export class World {
  readonly #options: WorldOptions;
  readonly #logs: string;
  readonly #children: Children;
  readonly #running: SupervisedChild[] = [];
  #description: SandboxDescription | undefined;
  #stopping = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#logs = join(options.dir, 'logs');
    this.#children = new Children(join(options.dir, 'processes.json'));
  }

  /** Starts all parts, independent ones at the same time, and writes the description when all answer. */
  async start(): Promise<SandboxDescription> {
    const { dir, descriptionFile, say } = this.#options;
    await mkdir(this.#logs, { recursive: true });
    await this.#children.stopLeftovers(say);
    await removeSandbox(descriptionFile);
    const wanted = this.#options.usualPorts ? usualPorts : {};
    const ports = await rememberedPorts({ file: join(dir, 'ports.json'), names: portNames, wanted, say });
    const description: SandboxDescription = { dir, supervisor: await identifySelf() };
    await this.#startParts(ports, description);
    await writeSandbox(descriptionFile, description);
    this.#description = description;
    return description;
  }

  /** Stops everything, last started first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#description = undefined;
    await removeSandbox(this.#options.descriptionFile);
    for (const child of this.#running.toReversed()) await child.stop();
  }

  async #startParts(ports: Ports, description: SandboxDescription): Promise<void> {
    const { parts } = this.#options;
    const further = [
      ...(parts.includes('monitoring') ? [this.#startMonitoring(ports, description)] : []),
      ...(parts.includes('kubernetes') ? [this.#startKubernetes(description)] : []),
    ];
    const [seeded] = await together([
      this.#startCloudWithData(ports, description),
      this.#startTemporal(ports, description),
      this.#giveKeys(description),
      ...further,
    ]);
    if (seeded) await this.#seedCluster(description, seeded);
  }

  async #giveKeys(description: SandboxDescription): Promise<void> {
    const { dir, say } = this.#options;
    const keys = await createKeys(dir, say);
    if (keys) description.keys = keys;
  }

  async #startTemporal(ports: Ports, description: SandboxDescription): Promise<void> {
    const { dir, say } = this.#options;
    const cli = await obtain(temporalCli, say);
    const address = `127.0.0.1:${ports.temporal}`;
    const ui = `http://127.0.0.1:${ports.temporalUi}`;
    const pid = await this.#run(
      'temporal',
      await temporalSpec(cli, dir, this.#logs, ports),
      `at ${address}, its UI at ${ui}`,
    );
    description.temporal = { address, namespace: temporalNamespace, ui, cli, pid };
  }

  async #startMonitoring(ports: Ports, description: SandboxDescription): Promise<void> {
    const { dir, say } = this.#options;
    const run = (part: Part, spec: ChildSpec, where: string) => this.#run(part, spec, where);
    Object.assign(description, await startMonitoring({ dir, logs: this.#logs, ports, say, run }));
  }

  async #startKubernetes(description: SandboxDescription): Promise<void> {
    const { dir, say } = this.#options;
    description.kubernetes = await startKubernetes({
      ...{ folder: join(dir, 'kubernetes'), cloudFolder: join(dir, 'cloud'), logs: this.#logs, say },
      targets: podTargetsOf(dir),
      run: (spec, where, part) => this.#run(part, spec, where),
    });
  }

  async #seedCluster({ kubernetes, postgres: database }: SandboxDescription, { baselines }: Seeded): Promise<void> {
    if (!kubernetes || !database) return;
    const startedAt = Date.now();
    const { dir, say } = this.#options;
    const { kubectl, kubeconfig } = kubernetes;
    const places = { cluster: { kubectl, kubeconfig }, repositories: repositoriesIn(dir), postgres: database.url };
    kubernetes.services = await seedCluster({ ...places, baselines, say });
    say(`sample services of the cluster are ready (${seconds(startedAt)})`);
  }

  async #startCloudWithData(ports: Ports, description: SandboxDescription): Promise<Seeded | undefined> {
    // Loaded meanwhile: the Google clients take a second.
    const seeding = this.#options.empty ? Promise.resolve(undefined) : import('../seed.ts');
    const [samples, database, cloud] = await together([seeding, this.#startPostgres(ports), this.#startCloud(ports)]);
    Object.assign(description, { cloud, postgres: database });
    if (!samples) return undefined;
    const startedAt = Date.now();
    const { say, services } = this.#options;
    const seeded = await samples.seed({ cloud, postgres: database, services, say });
    const { uris, traffic } = seeded;
    say(`sample services are ready (${seconds(startedAt)})`);
    description.services = uris;
    const [first] = traffic;
    if (!first) return seeded;
    const where = `to ${traffic.map(({ url }) => url).join(', ')}`;
    description.traffic = { url: first.url, pid: await this.#run('traffic', trafficSpec(traffic, this.#logs), where) };
    return seeded;
  }

  async #startPostgres(ports: Ports): Promise<NonNullable<SandboxDescription['postgres']>> {
    const { spec, url } = await postgres(this.#options.dir, this.#logs, ports);
    return { url, pid: await this.#run('postgres', spec, `at 127.0.0.1:${ports.postgres}`) };
  }

  async #startCloud(ports: Ports): Promise<NonNullable<SandboxDescription['cloud']>> {
    const { dir } = this.#options;
    await createRepositories(dir);
    const grpc = `127.0.0.1:${ports.cloudGrpc}`;
    const http = `http://127.0.0.1:${ports.cloudHttp}`;
    const pid = await this.#run('cloud', cloudSpec(dir, this.#logs, ports), `at ${grpc} (gRPC) and ${http}`);
    const place = { grpc, http, project: cloudProject, region: cloudRegion };
    return { ...place, callLog: callLogOf(dir), buildKey: publicHalf(openBuildKey(cloudFolderOf(dir))), pid };
  }

  async #run(part: Part | undefined, spec: ChildSpec, where: string): Promise<number> {
    const startedAt = Date.now();
    const { say } = this.#options;
    if (this.#stopping) throw new Error('the sandbox is being stopped');
    const child = new SupervisedChild(spec, {
      children: this.#children,
      say,
      onServing: async (pid) => part && this.#changePid(part, pid),
    });
    this.#running.push(child);
    await child.start();
    say(`${spec.name} is up ${where} (${seconds(startedAt)})`);
    return child.pid ?? 0;
  }

  /** A part that was started again has another pid. */
  async #changePid(part: Part, pid: number): Promise<void> {
    const described = this.#description?.[part];
    if (!this.#description || !described || described.pid === pid) return;
    described.pid = pid;
    await writeSandbox(this.#options.descriptionFile, this.#description);
  }
}

/** Waits for all, then answers all results or throws the first failure. What has started can then be stopped. */
const together = async <Results extends unknown[]>(work: {
  [Index in keyof Results]: Promise<Results[Index]>;
}): Promise<Results> => {
  await Promise.allSettled(work);
  return Promise.all(work);
};

const seconds = (since: number): string => `${((Date.now() - since) / 1_000).toFixed(1)} s`;
