import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A durable map from text keys to JSON values, listed in the order of the keys. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): boolean;
  /** Values whose key begins with the prefix. */
  list(prefix?: string): T[];
  entries(prefix?: string): [string, T][];
}

export interface Store {
  collection<T>(name: string): Collection<T>;
  /** For a part that needs a table and indexes of its own. */
  database: DatabaseSync;
  close(): void;
}

/** Opens `<dir>/cloud.sqlite`. WAL with synchronous=normal keeps every commit through a killed process. */
export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true });
  const database = new DatabaseSync(join(dir, 'cloud.sqlite'));
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000');
  database.exec(
    `CREATE TABLE IF NOT EXISTS items
     (collection TEXT, key TEXT, value TEXT, PRIMARY KEY (collection, key)) WITHOUT ROWID`,
  );
  return {
    database,
    collection: (name) => openCollection(database, name),
    close: () => database.close(),
  };
}

function openCollection<T>(database: DatabaseSync, name: string): Collection<T> {
  const get = database.prepare('SELECT value FROM items WHERE collection = ? AND key = ?');
  const put = database.prepare('INSERT OR REPLACE INTO items (collection, key, value) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM items WHERE collection = ? AND key = ?');
  const list = database.prepare(
    'SELECT key, value FROM items WHERE collection = ? AND substr(key, 1, length(?)) = ? AND key >= ? ORDER BY key',
  );
  const entries = (prefix = ''): [string, T][] =>
    list.all(name, prefix, prefix, prefix).map((row) => [String(row['key']), JSON.parse(String(row['value'])) as T]);
  return {
    get: (key) => {
      const row = get.get(name, key);
      return row ? (JSON.parse(String(row['value'])) as T) : undefined;
    },
    put: (key, value) => void put.run(name, key, JSON.stringify(value)),
    delete: (key) => remove.run(name, key).changes > 0,
    entries,
    list: (prefix) => entries(prefix).map(([, value]) => value),
  };
}
