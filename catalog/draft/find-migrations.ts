import type { FolderLayout } from '../../contract/catalog/migration.ts';

/** The migrations that the files of a repository show; no command where no tool can be told from them. */
export interface FoundMigrations {
  directory: string;
  layout: FolderLayout;
  command: string[] | null;
}

/** Tells one layout by the paths of a repository's files. */
interface Trace {
  /** Matches the path of a migration; its group `folder` is the folder of the migrations, which a tool may fix. */
  file: RegExp;
  directory?: string;
  /** The usual command, in the image; null where it needs what no file tells. */
  command(folder: string, files: ReadonlySet<string>): string[] | null;
}

/** What a tool's usual folder looks like. The first that matches counts: those that say less come later. */
const traces: Record<FolderLayout, Trace> = {
  prisma: {
    file: /^(?<folder>(?:.+\/)?prisma\/migrations)\/[^/]+\/migration\.sql$/,
    command: () => ['npx', 'prisma', 'migrate', 'deploy'],
  },
  ecto: {
    file: /^(?<folder>(?:.+\/)?priv\/\w+\/migrations)\/(?:.+\/)?\d+_\w+\.exs$/,
    command: () => ['bin/migrate'],
  },
  rails: {
    file: /^(?<folder>(?:.+\/)?db\/migrate)\/(?:.+\/)?\d+_\w+\.rb$/,
    command: () => ['bin/rails', 'db:migrate'],
  },
  alembic: {
    file: /^(?<folder>(?:.+\/)?(?:alembic|migrations)\/versions)\/[^/]+\.py$/,
    // The configuration is beside the program that runs; Flask-Migrate has it beside the migrations.
    command: (folder, files) =>
      files.has(`${folder.slice(0, -'versions'.length)}alembic.ini`)
        ? ['python3', '-m', 'flask', 'db', 'upgrade']
        : ['python3', '-m', 'alembic', 'upgrade', 'head'],
  },
  django: {
    file: /^(?<folder>(?:.+\/)?migrations)\/\d{4}_\w+\.py$/,
    directory: '.',
    command: () => ['python3', 'manage.py', 'migrate', '--noinput'],
  },
  flyway: {
    file: /^(?<folder>(?:.+\/)?db\/migration)\/(?:.+\/)?[VR][^/]*__[^/]+\.sql$/,
    command: () => ['flyway', 'migrate'],
  },
  golangMigrate: {
    file: /^(?<folder>(?:.+\/)?migrations)\/\d+_[^/]+\.up\.sql$/,
    command: () => null,
  },
  sql: {
    file: /^(?<folder>(?:.+\/)?migrations)\/[^/]+\.sql$/,
    command: () => null,
  },
};

/** Finds the folder of migrations among a repository's files, as far up as there is one; null if it has none. */
export function findMigrations(files: readonly string[]): FoundMigrations | null {
  const all = new Set(files);
  for (const [layout, { file, directory, command }] of Object.entries(traces) as [FolderLayout, Trace][]) {
    const folders = files.flatMap((path) => file.exec(path)?.groups?.['folder'] ?? []);
    const [folder] = folders.sort((one, other) => one.split('/').length - other.split('/').length);
    if (folder !== undefined) return { directory: directory ?? folder, layout, command: command(folder, all) };
  }
  return null;
}
