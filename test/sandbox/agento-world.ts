import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import { createRepositories } from '../../sandbox/repositories.ts';
import { startPostgres } from './postgres.ts';
import type { TestPostgres } from './postgres.ts';
import { checkOut, run, serve } from './sample-service.ts';
import type { Finished, LogLine, RunningService } from './sample-service.ts';

const apiKey = 'key-of-the-tests';

/** Everything that agento needs at its start, but its database. */
export const settings = {
  TEMPO_RPC_URL: 'http://tempo.example',
  CHAIN_ID: '42431',
  APP_BASE_URL: 'http://agento.example',
  DOWNSTREAM_API_URL: 'http://downstream.example',
  INTERNAL_API_KEY: apiKey,
};

export interface Answer {
  status: number;
  body: Record<string, any>;
}

export interface Ask {
  method?: string;
  body?: unknown;
  /** The key of internal callers; by default the right one, null for none. */
  key?: string | null;
  role?: string;
}

/** Agento as a program: its scenarios checked out, its own PostgreSQL. All its processes end with the test. */
export class AgentoWorld {
  readonly #running: RunningService[] = [];
  readonly #folder: string;
  readonly #repository: string;
  readonly #images = new Map<string, Promise<string>>();
  readonly postgres: TestPostgres;

  private constructor(folder: string, repository: string, postgres: TestPostgres) {
    this.#folder = folder;
    this.#repository = repository;
    this.postgres = postgres;
  }

  static async open(): Promise<AgentoWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-agento-'));
    const [postgres, repositories] = await Promise.all([startPostgres(), createRepositories(folder)]);
    return new AgentoWorld(folder, repositories.find(({ name }) => name === 'agento')?.path ?? '', postgres);
  }

  image(scenario: string): Promise<string> {
    const found = this.#images.get(scenario) ?? checkOut(this.#repository, scenario, join(this.#folder, 'images'));
    this.#images.set(scenario, found);
    return found;
  }

  /** Runs `npm run db:migrate` of a scenario, as its job does. */
  async migrate(scenario: string, databaseUrl: string, env: Record<string, string> = {}): Promise<Finished> {
    return run(await this.image(scenario), [process.execPath, 'scripts/db-migrate.js'], {
      DATABASE_URL: databaseUrl,
      ...env,
    });
  }

  /** Creates a database that a scenario has migrated. */
  async migrated(scenario: string): Promise<string> {
    const url = await this.postgres.createDatabase(`agento_${(databases += 1)}`);
    const { code, stdout } = await this.migrate(scenario, url);
    if (code !== 0) throw new Error(stdout);
    return url;
  }

  /** Starts a revision of a scenario: quick runs, so that a test need not wait. */
  async start(scenario: string, databaseUrl: string, env: Record<string, string> = {}): Promise<Agento> {
    const revision = `agento-${(revisions += 1)}`;
    const service = await serve(await this.image(scenario), {
      ...settings,
      DATABASE_URL: databaseUrl,
      K_REVISION: revision,
      COMMIT_SHA: `sha-of-${scenario}`,
      RUN_MS: '20',
      POLL_MS: '50',
      ...env,
    });
    this.#running.push(service);
    return new Agento(service);
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((service) => service.stop()));
  }

  async close(): Promise<void> {
    await this.stopServices();
    await this.postgres.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

let databases = 0;
let revisions = 0;

/** One running revision. */
export class Agento {
  readonly #service: RunningService;

  constructor(service: RunningService) {
    this.#service = service;
  }

  async ask(path: string, { method = 'GET', body, key = apiKey, role }: Ask = {}): Promise<Answer> {
    const headers = {
      ...(key === null ? {} : { 'x-agent-api-key': key }),
      ...(role === undefined ? {} : { 'x-user-role': role }),
    };
    const response = await fetch(`${this.#service.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, any> };
  }

  enqueue(goal: string, marker?: string): Promise<Answer> {
    return this.ask('/v1/orchestrations/run', {
      method: 'POST',
      body: { goal, ...(marker === undefined ? {} : { marker }) },
    });
  }

  summary(runId: string): Promise<Answer> {
    return this.ask(`/v1/orchestrations/runs/${runId}/summary`, { key: null });
  }

  freeze(frozen: boolean): Promise<Answer> {
    return this.ask('/v1/admin/writes', { method: 'PUT', body: { frozen } });
  }

  /** Waits for a run's end and answers its summary. */
  async end(runId: string): Promise<Record<string, any>> {
    return vi.waitUntil(
      async () => {
        const { body } = await this.summary(runId);
        return ['completed', 'failed'].includes(body['status'] as string) ? body : undefined;
      },
      { timeout: 10_000, interval: 20 },
    );
  }

  log(severity: string): string[] {
    return this.#service
      .log()
      .filter((line: LogLine) => line.severity === severity)
      .map(({ message }) => message);
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }
}

/** Asks a database directly. */
export const query = async (databaseUrl: string, sql: string): Promise<Record<string, any>[]> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const results = (await client.query(sql)) as unknown as { rows: Record<string, any>[] };
    return results.rows;
  } finally {
    await client.end();
  }
};

export const statuses = (summary: Record<string, any>): string[] =>
  (summary['transitions'] as { status: string }[]).map(({ status }) => status);
