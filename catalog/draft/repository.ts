import { execa } from 'execa';
import { procfileProcesses } from '../../contract/procfile.ts';
import { findMigrations, type FoundMigrations } from './find-migrations.ts';

/** What a commit of a repository shows of how its service is built, migrated and checked. */
export interface RepositoryFacts {
  /** The processes of its Procfile, by their names; none where it has no Procfile. */
  processes: Map<string, string>;
  hasDockerfile: boolean;
  migrations: FoundMigrations | null;
  /** The path of its health check, where a usual one stands somewhere in its files. */
  health: string | null;
}

/** What nothing shows. */
export const noFacts: RepositoryFacts = { processes: new Map(), hasDockerfile: false, migrations: null, health: null };

/** Without `/healthz`, which Google's front end answers itself. It may do the same with others that end in z. */
const healthPaths = ['/health', '/api/health', '/v1/health', '/ping', '/up', '/readyz', '/livez'];

/** Reads what a commit shows. Throws where the folder is no repository, or has no such commit. */
export async function readRepository(folder: string, commit: string): Promise<RepositoryFacts> {
  const files = (await git(folder, 'ls-tree', '-r', '-z', '--name-only', commit)).split('\0').filter(Boolean);
  const procfile = files.includes('Procfile') ? await git(folder, 'show', `${commit}:Procfile`) : '';
  const processes = procfileProcesses(procfile);
  const found = findMigrations(files);
  // A process of the Procfile for migrations is the service's own word.
  const own = ['migrate', 'release'].find((name) => processes.has(name));
  return {
    processes,
    hasDockerfile: files.includes('Dockerfile'),
    migrations: found && own !== undefined ? { ...found, command: [own] } : found,
    health: await findHealthPath(folder, commit),
  };
}

async function findHealthPath(folder: string, commit: string): Promise<string | null> {
  const patterns = healthPaths.flatMap((path) => ['-e', `["'\`]${path}["'\`/?]`]);
  // Platform: git grep ends with 1 where nothing matches.
  const { stdout } = await execa('git', ['-C', folder, 'grep', '-I', '-h', '-o', '-E', ...patterns, commit], {
    reject: false,
    stdin: 'ignore',
  });
  const found = new Set(stdout.split('\n').map((line) => line.slice(1, -1)));
  return healthPaths.find((path) => found.has(path)) ?? null;
}

async function git(folder: string, ...args: string[]): Promise<string> {
  return (await execa('git', ['-C', folder, ...args], { stdin: 'ignore', stripFinalNewline: false })).stdout;
}
