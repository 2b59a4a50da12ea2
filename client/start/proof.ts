import pg from 'pg';
import { databaseUrl } from '../../sandbox/seed/databases.ts';
import { databaseOf } from '../../sandbox/seed/estate.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Sample } from './sample.ts';

/** Names the tables whose absence was the incident of runbook 000. */
export const tables = ['runtime.khala_projection_checkpoints', 'runtime.sync_stream_events'];

/** Proves from outside that the service answers with the commit. Throws a CommandError when it does not. */
export async function proveServing(url: string, commit: string): Promise<void> {
  const address = new URL('/health', url);
  const response = await fetch(address, { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw CommandError.failed(
      `${address.href} does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const answer = (await response.json().catch(() => ({}))) as { commit?: string };
  if (!response.ok || answer.commit !== commit) {
    throw CommandError.failed(
      `${address.href} answered ${response.status} with commit ${answer.commit ?? 'none'}, not ${commit}`,
    );
  }
}

/** Proves that the migration made both tables. Throws a CommandError when one is missing. */
export async function proveTables(postgres: string, { service, environment }: Sample): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl(postgres, databaseOf(service, environment)),
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; there: boolean }>(
      'SELECT name, to_regclass(name) IS NOT NULL AS there FROM unnest($1::text[]) AS name',
      [tables],
    );
    const missing = rows.filter(({ there }) => !there).map(({ name }) => name);
    if (missing.length > 0) throw CommandError.failed(`tables are missing after the migration: ${missing.join(', ')}`);
  } finally {
    await client.end();
  }
}
