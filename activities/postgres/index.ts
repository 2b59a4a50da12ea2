import pg from 'pg';
import { finalFailure, passingFailure } from '../failure.ts';
import type { DatabaseServer, Databases, Readiness } from '../ports/databases.ts';

const answerWithinMs = 5_000;
/** The server starts, stops or recovers (PostgreSQL documentation, appendix A, class 57). */
const cannotConnectNow = '57P03';
/** Not let in: class 28, and a database that is not there (appendix A, 3D000). */
const refused = /^(28...|3D000)$/;
/** What the client library and the server say where a password is asked for and none is known. */
const passwordIsMissing = /^SASL: .*password must be|^empty password returned/;

/** Asks PostgreSQL over its own protocol, so that none of its client programs need be installed. */
export function createPostgres(): Databases {
  return {
    async readiness(server, signal) {
      try {
        await connected(server, signal, async () => undefined);
        return { readiness: 'accepting connections', why: '' };
      } catch (error) {
        signal.throwIfAborted();
        return { readiness: readinessOf(error), why: messageOf(error) };
      }
    },

    async existing(server, names, signal) {
      try {
        return await connected(server, signal, async (client) => {
          const query = 'SELECT datname FROM pg_database WHERE datname = ANY($1) ORDER BY datname';
          const { rows } = await client.query<{ datname: string }>(query, [names]);
          return rows.map(({ datname }) => datname);
        });
      } catch (error) {
        signal.throwIfAborted();
        throw isRefusal(error) ? finalFailure('Denied', messageOf(error)) : passingFailure(messageOf(error));
      }
    },
  };
}

async function connected<T>(
  { host, port, user, password }: DatabaseServer,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new pg.Client({
    host,
    port,
    user,
    // Without one the library looks where PostgreSQL's own programs do: PGPASSWORD, the password file.
    ...(password !== null && { password }),
    database: 'postgres',
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
    application_name: 'slipway',
  });
  // An error after the connection is up has no other place to go.
  client.on('error', () => undefined);
  const onAbort = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await client.end().catch(() => undefined);
  }
}

/** Judges as `pg_isready` does: a server that refuses who asks accepts connections. */
function readinessOf(error: unknown): Readiness {
  const code = codeOf(error);
  if (code === cannotConnectNow) return 'rejecting connections';
  const isAnswer = error instanceof pg.DatabaseError && /^[0-9A-Z]{5}$/.test(code);
  return isAnswer || passwordIsMissing.test(messageOf(error)) ? 'accepting connections' : 'no response';
}

function isRefusal(error: unknown): boolean {
  return refused.test(codeOf(error)) || passwordIsMissing.test(messageOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Several addresses of one name fail together; the first says enough. */
function messageOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
