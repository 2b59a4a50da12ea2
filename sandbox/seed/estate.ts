/**
 * Lists what a team has that deployed by hand before Slipway. Runbook 000: the runtime, its migration job and the web
 * in front of it; runbook 004: agento; runbook 002: oneiric.
 */

/** Image without tag: `<host>/<project>/<repository>/<image>`. The repository is a part of a service's name. */
export interface ImageName {
  repository: string;
  image: string;
}

/** A workload that a team applied by hand (runbook 003, "Kubernetes manifests"). */
export interface ClusterDeployment {
  namespace: string;
  /** Kustomize overlay in the repository. */
  overlay: string;
  workload: { kind: string; name: string };
  /** The Secret that its pods read, with the variables that are its keys. */
  secret: { name: string; variables: string[] };
  /** Service through which its pods are reached. */
  service: string;
}

/** One environment of a sample service. */
export interface SampleEnvironment {
  name: string;
  /** The Cloud Run service that serves it; without one nothing was ever deployed there. */
  service?: string;
  migrationJob?: string;
  database?: string;
  /** Secret by the environment variable that carries it. */
  secrets: Record<string, string>;
  /** Plain values by environment variable. */
  variables: Record<string, string>;
  /** Cloud Run services whose address this one gets, by environment variable: they are started before it. */
  addresses?: Record<string, string>;
  /** What serves it in a cluster, in a sandbox that has one. */
  cluster?: ClusterDeployment;
  /** Steady requests of users, `rate` a second; `keySecret` holds the key that they carry. */
  traffic?: { kind: 'web' | 'agento'; rate: number; keySecret?: string };
}

export interface SampleService {
  /** Name of the repository, too. */
  name: string;
  image: ImageName;
  /** The environment variable that says the commit. */
  commitVariable: string;
  /** Whether its processes serve `/metrics`, and can misbehave. */
  isObservable?: boolean;
  /** The program of the migration job. */
  migration?: { command: string[]; args: string[] };
  /** Databases of the people who work on it (runbook 003, local baseline). */
  localDatabases?: string[];
  environments: SampleEnvironment[];
}

export const databaseUrlVariable = 'DATABASE_URL';

const environmentPrefix = (service: string, environment: string): string =>
  environment === 'production' ? service : `${service}-${environment}`;

const runtimeEnvironment = (name: string): Pick<SampleEnvironment, 'name' | 'database' | 'secrets'> => {
  const prefix = environmentPrefix(runtimeService, name);
  return {
    name,
    database: `openagents_runtime_${name}`,
    secrets: {
      [databaseUrlVariable]: `${prefix}-database-url`,
      SECRET_KEY_BASE: `${prefix}-secret-key-base`,
      RUNTIME_SIGNATURE_SECRET: `${prefix}-signature-secret`,
    },
  };
};

export const runtimeService = 'openagents-runtime';
export const runtimeImage: ImageName = { repository: 'runtime', image: runtimeService };
/** Runbook 000, "Non-negotiable invariant". */
export const runtimeMigration = {
  command: ['bin/openagents-runtime'],
  args: ['eval', 'OpenAgentsRuntime.Release.migrate_and_verify!()'],
};

const runtime: SampleService = {
  name: runtimeService,
  image: runtimeImage,
  commitVariable: 'RUNTIME_BUILD_SHA',
  isObservable: true,
  migration: runtimeMigration,
  localDatabases: ['openagents_runtime_dev', 'openagents_runtime_test'],
  environments: [
    {
      ...runtimeEnvironment('production'),
      service: runtimeService,
      migrationJob: 'openagents-runtime-migrate',
      variables: { RUNTIME_SERVICE_NAME: runtimeService },
    },
    { ...runtimeEnvironment('staging'), variables: {} },
    {
      name: 'cluster',
      database: 'openagents_runtime_cluster',
      secrets: {},
      variables: {},
      cluster: {
        namespace: 'runtime',
        overlay: 'deploy/k8s/overlays/prod',
        workload: { kind: 'StatefulSet', name: runtimeService },
        secret: {
          name: 'openagents-runtime-secrets',
          variables: [databaseUrlVariable, 'SECRET_KEY_BASE', 'RUNTIME_SIGNATURE_SECRET'],
        },
        service: runtimeService,
      },
    },
  ],
};

const web: SampleService = {
  name: 'openagents-web',
  image: { repository: 'web', image: 'openagents-web' },
  commitVariable: 'WEB_BUILD_SHA',
  environments: [
    {
      name: 'production',
      service: 'openagents-web',
      secrets: {},
      variables: {},
      addresses: { RUNTIME_URL: runtimeService },
      traffic: { kind: 'web', rate: 4 },
    },
  ],
};

/** Describes an environment of agento. Runbook 004, "Environments" and "Required Inputs". */
const agentoEnvironment = (
  name: string,
  values: { chainId: number; domain: string; rate: number },
): SampleEnvironment => {
  const service = environmentPrefix('agento', name);
  return {
    name,
    service,
    migrationJob: `${service}-migrate`,
    database: `agento_${name}`,
    secrets: { [databaseUrlVariable]: `${service}-database-url`, INTERNAL_API_KEY: `${service}-internal-api-key` },
    variables: {
      TEMPO_RPC_URL: `https://rpc.tempo.${values.domain}`,
      CHAIN_ID: String(values.chainId),
      APP_BASE_URL: `https://agento.${values.domain}`,
      DOWNSTREAM_API_URL: `https://downstream.${values.domain}`,
    },
    traffic: { kind: 'agento', rate: values.rate, keySecret: `${service}-internal-api-key` },
  };
};

const agento: SampleService = {
  name: 'agento',
  image: { repository: 'agento', image: 'agento' },
  commitVariable: 'COMMIT_SHA',
  // `npm run db:migrate` without npm, which an image need not have.
  migration: { command: ['node'], args: ['scripts/db-migrate.js'] },
  environments: [
    agentoEnvironment('production', { chainId: 4217, domain: 'example.com', rate: 2 }),
    agentoEnvironment('staging', { chainId: 42_431, domain: 'staging.example.com', rate: 1 }),
  ],
};

/** Runbook 002: no database, a profile by a variable, a task queue that calls it. */
const oneiric: SampleService = {
  name: 'oneiric',
  image: { repository: 'oneiric', image: 'oneiric' },
  commitVariable: 'ONEIRIC_BUILD_SHA',
  environments: [
    {
      name: 'production',
      service: 'oneiric',
      secrets: { ONEIRIC_API_KEY: 'oneiric-api-key' },
      variables: { ONEIRIC_PROFILE: 'serverless', ONEIRIC_CONFIG: 'config/serverless.toml' },
    },
  ],
};

/** Every service that a sandbox may be seeded with. */
export const sampleServices: SampleService[] = [runtime, web, agento, oneiric];

/**
 * Chooses the sample services of these names, and those whose address they need; without names all. Throws for an
 * unknown name.
 */
export const chosenServices = (names?: string[]): SampleService[] => {
  if (names === undefined) return sampleServices;
  const unknown = names.filter((name) => !sampleServices.some((service) => service.name === name));
  if (unknown.length > 0)
    throw new Error(
      `there is no sample service ${unknown.join(', ')}; ` +
        `the sample services are ${sampleServices.map(({ name }) => name).join(', ')}`,
    );
  const chosen = sampleServices.filter(({ name }) => names.includes(name));
  const needed = new Set(
    chosen.flatMap(({ environments }) => environments.flatMap(({ addresses }) => Object.values(addresses ?? {}))),
  );
  const isNeeded = ({ environments }: SampleService): boolean =>
    environments.some(({ service }) => service !== undefined && needed.has(service));
  return sampleServices.filter((service) => chosen.includes(service) || isNeeded(service));
};

/** Names the database of a sample service's environment. */
export const databaseOf = (service: string, environment: string): string => {
  const found = sampleServices
    .find(({ name }) => name === service)
    ?.environments.find(({ name }) => name === environment)?.database;
  if (found === undefined) throw new Error(`${service} has no database in ${environment}`);
  return found;
};
