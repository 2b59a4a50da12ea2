import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { readObject, runKubectl, type Cluster } from '../../../sandbox/seed/cluster/kubectl.ts';
import { migrateInCluster } from '../../../sandbox/seed/cluster/migration.ts';
import { applyOverlay } from '../../../sandbox/seed/cluster/overlay.ts';
import { databaseUrl } from '../../../sandbox/seed/databases.ts';
import { runtimeMigration, runtimeService } from '../../../sandbox/seed/estate.ts';
import { repositoriesIn } from '../../../sandbox/repositories.ts';

const rights = path.join(import.meta.dirname, '..', '..', '..', 'deploy', 'kubernetes', 'rbac.yaml');
const account = 'slipway-worker';
const secretName = 'openagents-runtime-secrets';
const templateDatabase = 'baseline_of_places';

/** The overlay names no namespace, so that each change can have one. */
export const overlay = 'deploy/k8s/base';
export const workload = { kind: 'StatefulSet', name: runtimeService } as const;

/** What places of a sandbox share. */
export interface PlaceGround {
  cluster: Cluster;
  /** Folder of the sandbox's state. */
  dir: string;
  postgres: string;
  /** What was deployed by hand. */
  baseline: { commit: string; image: string };
}

interface ServedObjects {
  spec: { template: { spec: { containers: { image: string; env?: Variable[] }[] } } };
  status: { updateRevision: string; readyReplicas?: number };
}

interface Variable {
  name: string;
  valueFrom?: { secretKeyRef?: { name: string } };
}

interface PodList {
  items: { metadata: { labels?: Record<string, string> }; status: { containerStatuses?: { imageID: string }[] } }[];
}

/**
 * One namespace in which the runtime serves its baseline, with a database and a worker's account of its own: all made
 * by hand, as before Slipway.
 */
export class Place {
  readonly namespace: string;
  readonly url: string;
  /** Token of the worker's account. */
  readonly token: string;
  private readonly ground: PlaceGround;

  private constructor(ground: PlaceGround, namespace: string, url: string, token: string) {
    this.ground = ground;
    this.namespace = namespace;
    this.url = url;
    this.token = token;
  }

  /** Migrates a database to the baseline, once: those of all places are copies of it. */
  static async prepare(ground: PlaceGround): Promise<void> {
    const namespace = 'template-of-places';
    const { cluster, postgres, baseline } = ground;
    await query(postgres, `CREATE DATABASE ${templateDatabase}`);
    await createNamespace(cluster, namespace, databaseUrl(postgres, templateDatabase));
    const deployment = { namespace, secret: { name: secretName, variables: [] } };
    await migrateInCluster(cluster, { name: 'migrate', image: baseline.image, run: runtimeMigration, deployment });
  }

  static async create(ground: PlaceGround, namespace: string): Promise<Place> {
    const { cluster, dir, postgres, baseline } = ground;
    const database = databaseOf(namespace);
    await query(postgres, `CREATE DATABASE ${database} TEMPLATE ${templateDatabase}`);
    await createNamespace(cluster, namespace, databaseUrl(postgres, database));
    const kubectl = (...args: string[]) => runKubectl(cluster, ['--namespace', namespace, ...args]);
    await kubectl('create', '--filename', rights);
    const repository = path.join(repositoriesIn(dir), `${runtimeService}.git`);
    await applyOverlay(cluster, { repository, ...baseline, deployment: { namespace, overlay, workload } });
    await kubectl('rollout', 'status', `statefulset/${workload.name}`, '--timeout', '90s');
    const token = (await kubectl('create', 'token', account, '--duration', '2h')).trim();
    const service = await readObject<{ spec: { clusterIP: string } }>(cluster, namespace, `service/${runtimeService}`);
    return new Place(ground, namespace, `http://${service?.spec.clusterIP ?? ''}`, token);
  }

  /** Who the worker is in the audit log. */
  get workerUser(): string {
    return `system:serviceaccount:${this.namespace}:${account}`;
  }

  /** What serves, as kubectl reads it (invariants I2 and I7). */
  async served(): Promise<{ image: string; ready: number; revision: string; podRevisions: string[]; ids: string[] }> {
    const { cluster } = this.ground;
    const [set, listed] = await Promise.all([
      readObject<ServedObjects>(cluster, this.namespace, `statefulset/${workload.name}`),
      runKubectl(cluster, [
        ...['--namespace', this.namespace],
        'get',
        'pods',
        '-l',
        `app=${workload.name}`,
        '-o',
        'json',
      ]),
    ]);
    const { items } = JSON.parse(listed) as PodList;
    const unique = (values: (string | undefined)[]) => [...new Set(values.filter((value) => value !== undefined))];
    return {
      image: set?.spec.template.spec.containers[0]?.image ?? '',
      ready: set?.status.readyReplicas ?? 0,
      revision: set?.status.updateRevision ?? '',
      podRevisions: unique(items.map(({ metadata }) => metadata.labels?.['controller-revision-hash'])),
      ids: unique(items.flatMap(({ status }) => status.containerStatuses?.map((one) => one.imageID) ?? [])),
    };
  }

  async commit(): Promise<string> {
    const response = await fetch(new URL('/healthz', this.url), { signal: AbortSignal.timeout(10_000) });
    return ((await response.json()) as { commit: string }).commit;
  }

  /** Names of the migrations that the database has recorded, in order. */
  async migrations(): Promise<string[]> {
    const rows = await query<{ name: string }>(
      databaseUrl(this.ground.postgres, databaseOf(this.namespace)),
      'SELECT name FROM runtime.schema_migrations ORDER BY version',
    );
    return rows.map(({ name }) => name);
  }

  /** Adds version 2 of a key, as a person does by hand (runbook 001, section 5). */
  async addVersion(key: string): Promise<void> {
    const metadata = {
      name: `${secretName}-v2`,
      namespace: this.namespace,
      labels: { 'slipway.dev/secret-version': 'true' },
    };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { [key]: randomSecret() } };
    await runKubectl(this.ground.cluster, ['create', '--filename', '-'], JSON.stringify(secret));
  }

  /** Tells which version of a key the pods read, and which of them are disabled. */
  async versionsOf(key: string): Promise<{ read: number; disabled: number[] }> {
    const { cluster } = this.ground;
    const set = await readObject<ServedObjects>(cluster, this.namespace, `statefulset/${workload.name}`);
    const { env = [] } = set?.spec.template.spec.containers[0] ?? {};
    const name = env.find((one) => one.name === key)?.valueFrom?.secretKeyRef?.name;
    const secrets = await Promise.all(
      ['', '-v2'].map((suffix) =>
        readObject<{ data?: object }>(cluster, this.namespace, `secret/${secretName}${suffix}`),
      ),
    );
    const disabled = secrets.flatMap((secret, index) => (key in (secret?.data ?? {}) ? [] : [index + 1]));
    return { read: name === `${secretName}-v2` ? 2 : 1, disabled };
  }

  /** Frees its processes; what the audit log has of it stays. */
  async remove(): Promise<void> {
    await runKubectl(this.ground.cluster, ['delete', 'namespace', this.namespace, '--wait=false']);
  }
}

async function createNamespace(cluster: Cluster, namespace: string, url: string): Promise<void> {
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName, namespace },
      stringData: { DATABASE_URL: url, SECRET_KEY_BASE: randomSecret(), RUNTIME_SIGNATURE_SECRET: randomSecret() },
    },
  ];
  await runKubectl(cluster, ['create', '--filename', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

function randomSecret(): string {
  return randomBytes(48).toString('base64url');
}

function databaseOf(namespace: string): string {
  return `place_${namespace.replaceAll('-', '_')}`;
}

async function query<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
