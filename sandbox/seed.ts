import { scenarioCommits } from './repositories.ts';
import type { Clients, CloudAddress } from './seed/clients.ts';
import { openClients } from './seed/clients.ts';
import { createDatabases } from './seed/databases.ts';
import { databaseUrlVariable, migrationJob, production, runtimeImage, runtimeService, webImage, webService } from './seed/estate.ts';
import { buildImage } from './seed/images.ts';
import { migrateOnce } from './seed/job.ts';
import { createSecrets } from './seed/secrets.ts';
import { createService, environmentOf } from './seed/service.ts';

export interface SeedOptions {
  cloud: CloudAddress;
  postgres: { url: string };
  /** Gets a line of progress. */
  say: (line: string) => void;
}

export interface Seeded {
  /** Images by digest. */
  images: { runtime: string; web: string };
  /** Where the two services answer. */
  uris: { runtime: string; web: string };
}

/**
 * Brings an empty sandbox to where a team is that deployed by hand before Slipway: databases, secrets, the baseline of both sample services
 * built and serving, the migration job made and run once. What is there is left alone, so that it may run at every start.
 */
export const seed = async ({ cloud, postgres, say }: SeedOptions): Promise<Seeded> => {
  const clients = openClients(cloud);
  try {
    const [images] = await Promise.all([
      buildImages(clients, cloud, say),
      createDatabases(postgres.url).then(() => say('databases are there')),
      createSecrets(clients.secrets, cloud.project, postgres.url).then(() => say('secrets are there')),
    ]);
    return { images: images.references, uris: await startServices(clients, cloud, images, say) };
  } finally {
    await clients.close();
  }
};

interface Images {
  references: { runtime: string; web: string };
  commits: { runtime: string; web: string };
}

const buildImages = async (clients: Clients, cloud: CloudAddress, say: SeedOptions['say']): Promise<Images> => {
  const commits = await scenarioCommits();
  const baselineOf = (service: string): string => {
    const commit = commits[service]?.['baseline'];
    if (commit === undefined) throw new Error(`${service} has no scenario called baseline`);
    return commit;
  };
  const [runtime, web] = [baselineOf(runtimeService), baselineOf(webService)];
  const [runtimeReference, webReference] = await Promise.all([
    buildImage(clients, cloud, runtimeImage, runtime),
    buildImage(clients, cloud, webImage, web),
  ]);
  say('images of the baseline are there');
  return { references: { runtime: runtimeReference, web: webReference }, commits: { runtime, web } };
};

const startServices = async (clients: Clients, cloud: CloudAddress, images: Images, say: SeedOptions['say']): Promise<Seeded['uris']> => {
  const { references, commits } = images;
  const databaseSecret = { [databaseUrlVariable]: production.secrets[databaseUrlVariable] ?? '' };
  const runtimeEnvironment = environmentOf(
    { RUNTIME_SERVICE_NAME: runtimeService, RUNTIME_BUILD_SHA: commits.runtime },
    production.secrets,
  );
  const [runtime] = await Promise.all([
    createService(clients, cloud, runtimeService, references.runtime, runtimeEnvironment),
    migrateOnce(clients, cloud, migrationJob, references.runtime, environmentOf({}, databaseSecret)),
  ]);
  const runtimeUri = runtime.uri ?? '';
  say(`${runtimeService} serves at ${runtimeUri}, its schema is migrated`);
  const webEnvironment = environmentOf({ RUNTIME_URL: runtimeUri, WEB_BUILD_SHA: commits.web });
  const web = await createService(clients, cloud, webService, references.web, webEnvironment);
  const webUri = web.uri ?? '';
  say(`${webService} serves at ${webUri}`);
  return { runtime: runtimeUri, web: webUri };
};
