import { failureSearch } from '../../contract/catalog/targets/index.ts';
import { writeGroup } from '../../contract/incident/groups.ts';
import type { Finding } from '../../contract/verdict.ts';
import { shapeOf } from './ids.ts';
import { atMostRead, describeEntry, groupsOf, maxEntries } from './log-lines.ts';
import { maxGroups, type LookContext } from './look-kind.ts';

/** Texts of failing lines about a database: the server's own, and those of the usual clients and their pools. */
const signs: readonly RegExp[] = [
  /\b(database|postgres(ql)?)\b/i,
  // PostgreSQL, messages of a server that takes no (more) connections.
  /too many (clients|connections)|remaining connection slots|terminating connection/i,
  // node-postgres and its pool; Elixir's DBConnection.
  /connection terminated|timeout exceeded when trying to connect|DBConnection|dropped from queue/i,
  /\b5432\b.*(refused|timed? ?out)|(refused|timed? ?out).*\b5432\b/i,
];

export interface LogFinding extends Finding {
  count: number;
  lines: string[];
}

/** Counts the failing lines of the service's log that speak of a database, those alike together. */
export async function searchLog({ entry, ports, since, until }: LookContext): Promise<LogFinding> {
  const { target } = entry.settings;
  const failing = await ports.logs.read(target, { filter: failureSearch(target), since, until }, maxEntries);
  const about = failing.filter((line) => signs.some((sign) => sign.test(describeEntry(line))));
  const groups = groupsOf(about, shapeOf).slice(0, maxGroups);
  return {
    verdict: about.length > 0 ? 'fail' : 'pass',
    reason: `${about.length} of ${atMostRead(failing.length)} failing lines speak of a database`,
    count: about.length,
    lines: groups.flatMap((group) => (group[0] ? [writeGroup(group.length, describeEntry(group[0]))] : [])),
  };
}
