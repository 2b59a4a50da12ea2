import { scenarioCommits } from './repositories.ts';
import { createSourceBucket } from './seed/buckets.ts';
import type { Clients, CloudAddress } from './seed/clients.ts';
import { openClients } from './seed/clients.ts';
import { createDatabases } from './seed/databases.ts';
import { chosenServices, databaseUrlVariable } from './seed/estate.ts';
import type { SampleEnvironment, SampleService } from './seed/estate.ts';
import { buildImage } from './seed/images.ts';
import { migrateOnce } from './seed/job.ts';
import { createSecrets, readSecret } from './seed/secrets.ts';
import { createService, environmentOf } from './seed/service.ts';
import type { TrafficTarget } from './traffic.ts';

export interface SeedOptions {
  cloud: CloudAddress;
  postgres: { url: string };
  /** Names of the sample services; all by default. */
  services?: string[] | undefined;
  /** Gets a line of progress. */
  say: (line: string) => void;
}

export interface Seeded {
  /** What serves first, by sample service. */
  baselines: Record<string, Baseline>;
  /** Addresses of the Cloud Run services. */
  uris: Record<string, string>;
  /** The steady traffic of users. */
  traffic: TrafficTarget[];
}

/** The commit that was deployed by hand, and its image by digest. */
export interface Baseline {
  commit: string;
  image: string;
}

/** An environment of a sample service in which something serves: the Cloud Run service `id`. */
interface Deployment {
  id: string;
  service: SampleService;
  environment: SampleEnvironment;
}

interface Workshop {
  clients: Clients;
  cloud: CloudAddress;
  say: SeedOptions['say'];
}

/**
 * Fills an empty sandbox with what a team has that deployed by hand before Slipway. That is databases, secrets, the
 * baseline of the sample services built and serving, their migration jobs made and run once. It leaves alone what is
 * there, so it may run at every start.
 */
export const seed = async ({ cloud, postgres, services: names, say }: SeedOptions): Promise<Seeded> => {
  const services = chosenServices(names);
  const environments = services.flatMap((service) => service.environments);
  const clients = openClients(cloud);
  const workshop = { clients, cloud, say };
  try {
    const databases = [
      ...environments.flatMap(({ database }) => database ?? []),
      ...services.flatMap(({ localDatabases = [] }) => localDatabases),
    ];
    const [baselines] = await Promise.all([
      buildBaselines(workshop, services),
      createDatabases(postgres.url, databases).then(() => say('databases are ready')),
      createSourceBucket(cloud),
      createSecrets(clients.secrets, cloud.project, postgres.url, environments).then(() => say('secrets are ready')),
    ]);
    const deployments = services.flatMap(deploymentsOf);
    const uris = await startServices(workshop, deployments, baselines);
    return {
      baselines: Object.fromEntries(baselines),
      uris,
      traffic: (await Promise.all(deployments.map((each) => trafficTo(workshop, each, uris)))).flat(),
    };
  } finally {
    await clients.close();
  }
};

const deploymentsOf = (service: SampleService): Deployment[] =>
  service.environments.flatMap((environment) =>
    environment.service === undefined ? [] : [{ id: environment.service, service, environment }],
  );

/** Builds the baseline of each service, side by side. */
const buildBaselines = async (
  { clients, cloud, say }: Workshop,
  services: SampleService[],
): Promise<Map<string, Baseline>> => {
  const commits = await scenarioCommits();
  const built = services.map(async ({ name, image }): Promise<[string, Baseline]> => {
    const commit = commits[name]?.['baseline'];
    if (commit === undefined) throw new Error(`${name} has no scenario called baseline`);
    return [name, { commit, image: await buildImage(clients, cloud, image, commit) }];
  });
  const baselines = new Map(await Promise.all(built));
  say('images of the baseline are ready');
  return baselines;
};

/**
 * Starts all services side by side. One that needs another one's address waits for it; the estate lists that one first.
 */
const startServices = async (
  workshop: Workshop,
  deployments: Deployment[],
  baselines: Map<string, Baseline>,
): Promise<Record<string, string>> => {
  const started = new Map<string, Promise<string>>();
  for (const deployment of deployments) {
    const baseline = baselines.get(deployment.service.name);
    if (baseline) started.set(deployment.id, start(workshop, deployment, baseline, started));
  }
  const uris = [...started].map(async ([id, uri]): Promise<[string, string]> => [id, await uri]);
  return Object.fromEntries(await Promise.all(uris));
};

const start = async (
  { clients, cloud, say }: Workshop,
  { id, service, environment }: Deployment,
  { commit, image }: Baseline,
  started: Map<string, Promise<string>>,
): Promise<string> => {
  const { variables, secrets, addresses = {}, migrationJob } = environment;
  const needed = Object.entries(addresses).map(async ([variable, other]): Promise<[string, string]> => [
    variable,
    (await started.get(other)) ?? '',
  ]);
  const values = { ...variables, [service.commitVariable]: commit, ...Object.fromEntries(await Promise.all(needed)) };
  const databaseSecret = { [databaseUrlVariable]: secrets[databaseUrlVariable] ?? '' };
  const [{ uri }] = await Promise.all([
    createService(clients, cloud, id, image, environmentOf(values, secrets)),
    service.migration &&
      migrationJob &&
      migrateOnce(clients, cloud, migrationJob, {
        image,
        env: environmentOf({}, databaseSecret),
        run: service.migration,
      }),
  ]);
  say(`${id} serves at ${uri ?? ''}${migrationJob === undefined ? '' : ', its schema is migrated'}`);
  return uri ?? '';
};

/** Describes the traffic of a deployment, with the key that its requests carry. */
const trafficTo = async (
  { clients, cloud }: Workshop,
  { id, environment: { traffic } }: Deployment,
  uris: Record<string, string>,
): Promise<TrafficTarget[]> => {
  const url = uris[id];
  if (!traffic || !url) return [];
  const { kind, rate, keySecret } = traffic;
  return [
    {
      kind,
      rate,
      url,
      ...(keySecret === undefined ? {} : { key: await readSecret(clients.secrets, cloud.project, keySecret) }),
    },
  ];
};
