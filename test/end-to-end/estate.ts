import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import type { catalogFile } from '../../contract/catalog/catalog.ts';
import type { z } from 'zod';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { databaseUrl } from '../../sandbox/seed/databases.ts';
import { runtimeImage, runtimeMigration, runtimeService } from '../../sandbox/seed/estate.ts';
import { buildImage } from '../../sandbox/seed/images.ts';
import { migrateOnce } from '../../sandbox/seed/job.ts';
import { createService, environmentOf } from '../../sandbox/seed/service.ts';
import type { PlatformByHand } from './by-hand.ts';
import type { Served, Shape } from './platform.ts';
import { sendRequests } from './users.ts';

export type CatalogText = z.input<typeof catalogFile>;
export type Place = CatalogText['environments'][string];

const catalogFolder = path.join(import.meta.dirname, '..', '..', 'catalog');

export interface EstateOptions {
  /** Name of the Cloud Run service and of the catalog's service; short. */
  name: string;
  /** Changes of the catalog's environment. */
  place?: (place: Place) => void;
  /** A second environment, `staging`, with a database, a service and a job of its own: for promotions. */
  withStaging?: boolean;
}

/** What an estate needs of its sandbox. */
export interface Ground {
  platform: PlatformByHand;
  postgres: string;
  catalogFolder: string;
  commits: Record<string, string>;
}

/**
 * One service of a situation with everything that belongs to it alone: database, secrets, Cloud Run service and
 * migration job at the baseline commit, all made by hand as before Slipway, and its catalog file. So situations share
 * a sandbox and not their state.
 */
export class Estate {
  readonly name: string;
  readonly job: string;
  readonly environment = 'production';
  /** Where promotions come from, if there is such a place. */
  staging: Estate | null = null;
  private readonly ground: Ground;
  private readonly databaseUrl: string;

  private constructor(name: string, ground: Ground) {
    this.name = name;
    this.job = `${name}-migrate`;
    this.ground = ground;
    this.databaseUrl = databaseUrl(ground.postgres, this.database);
  }

  static async create({ name, place, withStaging }: EstateOptions, ground: Ground): Promise<Estate> {
    const estate = new Estate(name, ground);
    estate.staging = withStaging ? new Estate(`${name}-staging`, ground) : null;
    const image = await estate.image('baseline');
    await Promise.all(
      [estate, ...(estate.staging ? [estate.staging] : [])].map(async (one) => {
        await one.createData();
        await one.createPlaces(image);
      }),
    );
    await estate.describe(place);
    return estate;
  }

  get database(): string {
    return this.name.replaceAll('-', '_');
  }

  /** Input of a change here. */
  input(scenario: string): { service: string; environment: string; commit: string; requestedBy: string } {
    return {
      service: this.name,
      environment: this.environment,
      commit: this.commit(scenario),
      requestedBy: 'developer@example.com',
    };
  }

  commit(scenario: string): string {
    const commit = this.ground.commits[scenario];
    if (!commit) throw new Error(`${runtimeService} has no scenario ${scenario}`);
    return commit;
  }

  /** The image of a scenario's commit by digest, built where it is not yet. */
  async image(scenario: string): Promise<string> {
    return buildImage(this.ground.platform.clients, this.ground.platform.address, runtimeImage, this.commit(scenario));
  }

  async served(): Promise<Served> {
    return this.ground.platform.served(this.name, this.job);
  }

  async shape(): Promise<Shape> {
    return this.ground.platform.shape(this.name, this.job);
  }

  /** Tables of the runtime's schema. */
  async tables(): Promise<string[]> {
    return this.withDatabase(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'runtime' ORDER BY table_name",
      );
      return rows.map((row) => row.name);
    });
  }

  /** What a person does to the schema by hand. */
  async sql(statement: string): Promise<void> {
    await this.withDatabase((client) => client.query(statement));
  }

  async query(statement: string): Promise<{ rows: unknown[] }> {
    return this.withDatabase((client) => client.query(statement));
  }

  /** The address of its database, as its first secret has it. */
  get address(): string {
    return this.databaseUrl;
  }

  /** Answer of the service to one request of a user. */
  async ask(pathName: string, init?: RequestInit): Promise<{ status: number; body: unknown }> {
    const { url } = await this.served();
    const response = await fetch(new URL(pathName, url), { ...init, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.json() };
  }

  async createRun(): Promise<{ status: number; body: unknown }> {
    return this.ask('/internal/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner: 'a user' }),
    });
  }

  /** Users until the answer is called: so many requests a second. */
  async users(perSecond: number): Promise<() => Promise<void>> {
    return sendRequests((await this.served()).url, perSecond);
  }

  /** Frees its processes; what is on record stays. */
  async remove(): Promise<void> {
    await Promise.all([this.ground.platform.deleteService(this.name), this.staging?.remove()]);
  }

  private async createData(): Promise<void> {
    const { postgres, platform } = this.ground;
    await connected(postgres, (client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(this.database)}`));
    const parent = `projects/${platform.address.project}`;
    const values = Object.entries(this.secrets).map(([variable, secretId]) => ({
      secretId,
      value: variable === 'DATABASE_URL' ? this.databaseUrl : randomBytes(48).toString('base64url'),
    }));
    for (const { secretId, value } of values) {
      await platform.clients.secrets.createSecret(
        { parent, secretId, secret: { replication: { automatic: {} } } },
        callOptions,
      );
      await platform.clients.secrets.addSecretVersion(
        { parent: `${parent}/secrets/${secretId}`, payload: { data: Buffer.from(value) } },
        callOptions,
      );
    }
  }

  private async createPlaces(image: string): Promise<void> {
    const { clients, address } = this.ground.platform;
    const { DATABASE_URL = '' } = this.secrets;
    const variables = { RUNTIME_SERVICE_NAME: this.name, RUNTIME_BUILD_SHA: this.commit('baseline') };
    await Promise.all([
      createService(clients, address, this.name, image, environmentOf(variables, this.secrets)),
      migrateOnce(clients, address, this.job, {
        image,
        env: environmentOf({}, { DATABASE_URL }),
        run: runtimeMigration,
      }),
    ]);
  }

  /** The catalog's own file for this service, with short waits. */
  private async describe(change: EstateOptions['place']): Promise<void> {
    const file = parse(await readFile(path.join(catalogFolder, `${runtimeService}.yaml`), 'utf8'), {
      merge: true,
    }) as CatalogText;
    const place = file.environments['production'];
    if (!place) throw new Error(`the catalog has no production of ${runtimeService}`);
    const staging: CatalogText['environments'] = this.staging ? { staging: this.staging.place(place, change) } : {};
    const described: CatalogText = {
      ...file,
      service: this.name,
      train: undefined,
      environments: { ...staging, [this.environment]: this.place(place, change) },
    };
    await writeFile(
      path.join(this.ground.catalogFolder, `${this.name}.yaml`),
      stringify(described, { aliasDuplicateObjects: false }),
    );
  }

  private place(like: Place, change: EstateOptions['place']): Place {
    const place = structuredClone(like);
    if (place.target.kind !== 'cloudRun') throw new TypeError(`${runtimeService} does not run on Cloud Run`);
    const quick: Partial<Place> = {
      target: { ...place.target, service: this.name, migrationJob: this.job },
      secrets: Object.fromEntries(Object.entries(this.secrets).map(([variable, secret]) => [variable, { secret }])),
      variables: { ...place.variables, RUNTIME_SERVICE_NAME: this.name },
      approvals: { required: [] },
      logs: [
        {
          name: 'runtime-errors',
          filter:
            `resource.type="cloud_run_revision" AND resource.labels.service_name="${this.name}" AND ` +
            'severity>=ERROR',
          freshnessMinutes: 10,
          limit: 50,
        },
      ],
      bake: { seconds: 2, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 },
    };
    Object.assign(place, quick);
    change?.(place);
    return place;
  }

  private get secrets(): Record<string, string> {
    return {
      DATABASE_URL: `${this.name}-database-url`,
      SECRET_KEY_BASE: `${this.name}-secret-key-base`,
      RUNTIME_SIGNATURE_SECRET: `${this.name}-signature-secret`,
    };
  }

  private async withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    return connected(this.databaseUrl, work);
  }
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
