import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { postgresPrograms } from '../../servers/postgres.ts';
import type { ChildSpec } from '../child.ts';
import { postgresHome } from './postgres-account.ts';
import type { PostgresHome } from './postgres-account.ts';
import type { Ports } from '../ports.ts';

const run = promisify(execFile);
const user = 'slipway';
const askWithinMs = 2_000;

/** Settings without a flush to the disk: the data must survive a killed process, not a power cut. */
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=off',
  'full_page_writes=off',
  'max_connections=200',
  'timezone=UTC',
];

const passwordIn = async (dir: string): Promise<string> => {
  const file = join(dir, 'postgres.password');
  const remembered = await readFile(file, 'utf8').catch(() => undefined);
  if (remembered !== undefined) return remembered;
  const password = randomBytes(12).toString('hex');
  await writeFile(file, password, { mode: 0o600 });
  return password;
};

/** Makes the database cluster. It appears whole or not at all, whenever the process ends. */
const createCluster = async (
  { folder, programs, account }: PostgresHome,
  data: string,
  password: string,
): Promise<void> => {
  const draft = join(folder, 'postgres.new');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = `${draft}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) await Promise.all([draft, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  const args = [
    '--pgdata',
    draft,
    '--username',
    user,
    '--pwfile',
    passwordFile,
    '--auth',
    'scram-sha-256',
    '--encoding',
    'UTF8',
    '--no-locale',
    '--no-sync',
  ];
  try {
    await run(join(programs, 'initdb'), args, { ...account, cwd: folder });
  } catch (error) {
    throw new Error(`initdb of PostgreSQL failed: ${(error as { stderr?: string }).stderr || String(error)}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, data);
};

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: askWithinMs });
  // An error after the connection is up has no other place to go.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
};

export interface Postgres {
  spec: ChildSpec;
  url: string;
}

/** Describes a real PostgreSQL on 127.0.0.1 with its data in the sandbox. */
export const postgres = async (dir: string, logs: string, ports: Ports): Promise<Postgres> => {
  const [home, password] = await Promise.all([
    postgresPrograms().then((programs) => postgresHome(dir, programs)),
    passwordIn(dir),
  ]);
  const data = join(home.folder, 'postgres');
  if (!(await stat(data).catch(() => undefined))) await createCluster(home, data, password);
  const url = `postgres://${user}:${password}@127.0.0.1:${ports.postgres}/postgres`;
  const spec: ChildSpec = {
    name: 'PostgreSQL',
    command: join(home.programs, 'postgres'),
    args: ['-D', data, '-p', String(ports.postgres), ...settings.flatMap((setting) => ['-c', setting])],
    ...home.account,
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for its clients.
    stopSignal: 'SIGINT',
    log: join(logs, 'postgres.log'),
    answers: () => answers(url),
  };
  return { spec, url };
};
