import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { StatementSync } from 'node:sqlite';
import type { Store } from '../store/store.ts';
import type { EntryJson } from './entry.ts';
import type { CompiledFilter } from './query/compile.ts';
import { toSeverityRank, toTimestamp } from './query/values.ts';

/** The position of a listing: the last entry that it has considered. */
export interface Position {
  timestamp: bigint;
  insertId: string;
  sequence: number;
}

export interface Listing {
  filter: CompiledFilter;
  descending: boolean;
  limit: number;
  after: Position | undefined;
}

export interface LogStore {
  /** Adds an entry; answers false when the same one (timestamp and insertId) is there already. */
  append(entry: EntryJson, writtenAtMs: number, delayMs: number): boolean;
  /** Lists the next matching entries; `position` is undefined at the end. */
  list(listing: Listing): Promise<{ entries: EntryJson[]; position: Position | undefined }>;
  /** Lists entries that became visible after `afterMs` and up to `untilMs`, ordered by their timestamps. */
  arrived(filter: CompiledFilter, afterMs: number, untilMs: number): EntryJson[];
  logNames(): string[];
  /** Deletes a log and answers the number of its entries. */
  deleteLog(logName: string): number;
}

export interface LogStoreOptions {
  /** The delay that holds now: lowering it lets entries through that were written under a longer one. */
  delayMs: () => number;
  maxEntries?: number;
}

const SCAN_ROWS = 1_000;
const PRUNE_EVERY = 500;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log_entries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp INTEGER NOT NULL,
    insert_id TEXT NOT NULL,
    log_name TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    written_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    entry TEXT NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS log_entries_by_time ON log_entries (timestamp, insert_id, log_name);
  CREATE INDEX IF NOT EXISTS log_entries_by_arrival ON log_entries (received_ms);
`;

/** Opens the log in a table of its own. Rows are appended one at a time, and the oldest dropped at the limit. */
export function openLogStore(store: Store, options: LogStoreOptions): LogStore {
  const { database } = store;
  database.exec(SCHEMA);
  const maximum = options.maxEntries ?? 200_000;
  const insert = database.prepare(
    `INSERT OR IGNORE INTO log_entries
     (timestamp, insert_id, log_name, resource_type, severity, written_ms, received_ms, entry)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const prune = database.prepare('DELETE FROM log_entries WHERE sequence <= ?');
  const scan = { ascending: database.prepare(scanSql(false)), descending: database.prepare(scanSql(true)) };
  scan.ascending.setReadBigInts(true);
  scan.descending.setReadBigInts(true);
  const arrivals = database.prepare(
    `SELECT received_ms, entry FROM log_entries
     WHERE received_ms > ? AND received_ms <= ? ORDER BY timestamp, insert_id, sequence`,
  );
  const names = database.prepare('SELECT DISTINCT log_name FROM log_entries WHERE received_ms <= ? ORDER BY log_name');
  const remove = database.prepare('DELETE FROM log_entries WHERE log_name = ?');
  return {
    append: (entry, writtenAtMs, delayMs) => {
      const result = insert.run(
        toTimestamp(entry.timestamp) ?? 0n,
        entry.insertId,
        entry.logName,
        entry.resource.type,
        toSeverityRank(entry.severity ?? 'DEFAULT') ?? 0,
        writtenAtMs,
        writtenAtMs + delayMs,
        JSON.stringify(entry),
      );
      const sequence = Number(result.lastInsertRowid);
      if (sequence % PRUNE_EVERY === 0) prune.run(sequence - maximum);
      return Number(result.changes) > 0;
    },
    list: (listing) => list(listing.descending ? scan.descending : scan.ascending, listing, options.delayMs),
    arrived: (filter, afterMs, untilMs) =>
      arrivals
        .all(afterMs, untilMs)
        .map((row) => withArrival(String(row['entry']), Number(row['received_ms'])))
        .filter((entry) => filter.matches(entry)),
    logNames: () => names.all(Date.now()).map((row) => String(row['log_name'])),
    deleteLog: (logName) => Number(remove.run(logName).changes),
  };
}

/**
 * Makes the query for one chunk of a listing. It uses the filter's bounds, so that a poll does not read the whole log.
 */
function scanSql(descending: boolean): string {
  const direction = descending ? 'DESC' : 'ASC';
  return `SELECT sequence, timestamp, insert_id, received_ms, written_ms, entry FROM log_entries
    WHERE (timestamp, insert_id, sequence) ${descending ? '<' : '>'} (?, ?, ?)
      AND timestamp >= ? AND timestamp <= ?
      AND (? IS NULL OR resource_type = ? COLLATE NOCASE) AND severity >= ?
      AND (received_ms <= ? OR written_ms <= ?)
    ORDER BY timestamp ${direction}, insert_id ${direction}, sequence ${direction} LIMIT ${SCAN_ROWS}`;
}

const EARLIEST = -(2n ** 63n);
const LATEST = 2n ** 63n - 1n;

async function list(
  statement: StatementSync,
  listing: Listing,
  delayMs: () => number,
): Promise<{ entries: EntryJson[]; position: Position | undefined }> {
  const { bounds } = listing.filter;
  const entries: EntryJson[] = [];
  let position: Position = listing.after ?? startOf(listing.descending);
  const now = Date.now();
  const releasedBefore = now - delayMs();
  for (;;) {
    const rows = statement.all(
      position.timestamp,
      position.insertId,
      position.sequence,
      bounds.from ?? EARLIEST,
      bounds.to ?? LATEST,
      bounds.resourceType ?? null,
      bounds.resourceType ?? null,
      bounds.minimumSeverity ?? 0,
      now,
      releasedBefore,
    );
    for (const row of rows) {
      position = {
        timestamp: row['timestamp'] as bigint,
        insertId: String(row['insert_id']),
        sequence: Number(row['sequence']),
      };
      const arrival = Math.min(Number(row['received_ms']), Number(row['written_ms']) + delayMs());
      const entry = withArrival(String(row['entry']), arrival);
      if (!listing.filter.matches(entry)) continue;
      entries.push(entry);
      if (entries.length >= listing.limit) return { entries, position };
    }
    if (rows.length < SCAN_ROWS) return { entries, position: undefined };
    // A long scan must not keep the emulator's proxy and its other callers waiting.
    await yieldToEvents();
  }
}

function startOf(descending: boolean): Position {
  return descending
    ? { timestamp: LATEST, insertId: '\u{10FFFF}', sequence: Number.MAX_SAFE_INTEGER }
    : { timestamp: EARLIEST, insertId: '', sequence: 0 };
}

function withArrival(json: string, receivedMs: number): EntryJson {
  const entry = JSON.parse(json) as EntryJson;
  entry['receiveTimestamp'] = new Date(receivedMs).toISOString();
  return entry;
}
