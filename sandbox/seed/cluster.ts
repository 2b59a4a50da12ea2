import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Baseline } from '../seed.ts';
import { createOnce, readObject, runKubectl } from './cluster/kubectl.ts';
import type { Cluster } from './cluster/kubectl.ts';
import { migrateInCluster } from './cluster/migration.ts';
import { applyOverlay } from './cluster/overlay.ts';
import { databaseUrl } from './databases.ts';
import { databaseUrlVariable, sampleServices } from './estate.ts';
import type { ClusterDeployment, SampleService } from './estate.ts';

export interface ClusterSeedOptions {
  cluster: Cluster;
  /** Folder of the sample services' repositories. */
  repositories: string;
  /** The server that has the databases already. */
  postgres: string;
  /** What is deployed, by sample service; one without an image is left out. */
  baselines: Record<string, Baseline>;
  /** Gets a line of progress. */
  say: (line: string) => void;
}

/** A sample service with its workload in the cluster. */
interface Workload {
  service: SampleService;
  database: string;
  deployment: ClusterDeployment;
}

/**
 * Fills an empty cluster with what a team has that deployed by hand: namespace, Secret, migrated schema, and the
 * baseline applied by `kubectl apply -k`. Leaves alone what is there, so it may run at every start. Answers the URLs of
 * the Services by name.
 */
export const seedCluster = async (options: ClusterSeedOptions): Promise<Record<string, string>> => {
  const workloads = sampleServices.flatMap((service) =>
    service.environments.flatMap(({ database = '', cluster }) =>
      cluster && options.baselines[service.name] ? [{ service, database, deployment: cluster }] : [],
    ),
  );
  const urls = workloads.map(async (workload): Promise<[string, string]> => {
    await deployByHand(options, workload);
    return [workload.deployment.service, await urlOf(options.cluster, workload.deployment)];
  });
  return Object.fromEntries(await Promise.all(urls));
};

const deployByHand = async (
  { cluster, repositories, postgres, baselines, say }: ClusterSeedOptions,
  { service: { name, migration }, database, deployment }: Workload,
): Promise<void> => {
  const { namespace, secret, workload } = deployment;
  const baseline = baselines[name];
  if (!baseline || (await readObject(cluster, namespace, `${workload.kind}/${workload.name}`))) return;
  await createOnce(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await createOnce(cluster, secretOf(namespace, secret, databaseUrl(postgres, database)));
  const { image } = baseline;
  if (migration)
    await migrateInCluster(cluster, { name: `${name}-migrate-by-hand`, image, run: migration, deployment });
  await applyOverlay(cluster, { repository: join(repositories, `${name}.git`), ...baseline, deployment });
  const place = `${workload.kind}/${workload.name}`;
  await runKubectl(cluster, ['--namespace', namespace, 'rollout', 'status', place, '--timeout', '90s']);
  say(`${name} serves in the cluster, its schema is migrated`);
};

const secretOf = (namespace: string, { name, variables }: ClusterDeployment['secret'], url: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: Object.fromEntries(
    variables.map((variable) => [
      variable,
      variable === databaseUrlVariable ? url : randomBytes(48).toString('base64url'),
    ]),
  ),
});

const urlOf = async (cluster: Cluster, { namespace, service }: ClusterDeployment): Promise<string> => {
  const found = await readObject<{ spec: { clusterIP: string; ports: { port: number }[] } }>(
    cluster,
    namespace,
    `service/${service}`,
  );
  if (!found) throw new Error(`the cluster has no Service ${service} in ${namespace}`);
  const { clusterIP, ports } = found.spec;
  return `http://${clusterIP}:${ports[0]?.port ?? 80}`;
};
