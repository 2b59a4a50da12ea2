import type { BaselineCheck } from '../../contract/baseline.ts';
import { postgresChecks, type BaselinePostgres } from '../../contract/catalog/baseline.ts';
import { isFinal } from '../failure.ts';
import type { DatabaseServer, Databases } from '../ports/databases.ts';
import { check } from './check.ts';

const [serverCheck, databasesCheck] = postgresChecks;

/** Holds the database server of a baseline, and why its password is not known. */
export interface PostgresSubject {
  postgres: BaselinePostgres;
  server: DatabaseServer;
  /** The worker's variable that is not set; null if there is none to set. */
  unsetVariable: string | null;
}

/** Asks whether the server accepts connections, with the line of `pg_isready` (runbook 003, local baseline). */
export function checkServer(
  { postgres, server }: PostgresSubject,
  databases: Databases,
  signal: AbortSignal,
): Promise<BaselineCheck> {
  return check(serverCheck, async () => {
    const { readiness, why } = await databases.readiness(server, signal);
    const line = `${postgres.address} - ${readiness}`;
    if (readiness === 'accepting connections') return { verdict: 'pass', reason: line, seen: [line] };
    const next =
      readiness === 'rejecting connections'
        ? 'PostgreSQL is starting or stopping: wait a moment and run this again'
        : `start PostgreSQL there, or correct baseline.postgres.address in the catalog`;
    return { verdict: 'fail', reason: `${line}: ${why}`, next: postgres.hint ?? next };
  });
}

/** Asks whether the databases are there (runbook 001, section 9). Who is not let in cannot say: inconclusive. */
export function checkDatabases(
  { postgres, server, unsetVariable }: PostgresSubject,
  databases: Databases,
  signal: AbortSignal,
): Promise<BaselineCheck> {
  return check(databasesCheck, async () => {
    if (unsetVariable !== null)
      return {
        verdict: 'inconclusive',
        reason: `the password of ${server.user} is not known: the worker has no variable ${unsetVariable}`,
        next: `set ${unsetVariable} where the worker starts, and start the worker anew`,
      };
    try {
      const existing = await databases.existing(server, postgres.databases, signal);
      return judge(postgres, existing);
    } catch (error) {
      if (!isFinal(error, 'Denied')) throw error;
      return {
        verdict: 'inconclusive',
        reason: `PostgreSQL at ${postgres.address} refuses ${server.user}: ${error.message}`,
        next: `correct baseline.postgres.user in the catalog, or the password${variableText(postgres)}`,
      };
    }
  });
}

function judge({ databases }: BaselinePostgres, existing: readonly string[]) {
  const missing = databases.filter((name) => !existing.includes(name));
  if (missing.length === 0)
    return { verdict: 'pass' as const, reason: `all ${existing.length} are there`, seen: [...existing] };
  return {
    verdict: 'fail' as const,
    reason: `missing: ${missing.join(', ')}`,
    seen: [...existing],
    next: 'a command below may have created it by now: run this again. Else create it by hand',
  };
}

function variableText({ password }: BaselinePostgres): string {
  return password ? ` in ${password.variable}` : ': name the variable that has it as baseline.postgres.password';
}
