import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftText, type Draft } from '../../catalog/draft/draft.ts';
import { findMigrations, type FoundMigrations } from '../../catalog/draft/find-migrations.ts';
import { chooseMigration } from '../../catalog/draft/migration-entry.ts';
import { readRepository } from '../../catalog/draft/repository.ts';
import { serviceNameOf } from '../../catalog/draft/service-name.ts';
import { readCatalogText } from '../../catalog/load.ts';
import type { FolderLayout } from '../../contract/catalog/migration.ts';

const alembic: FoundMigrations = {
  directory: 'migrations/versions',
  layout: 'alembic',
  command: ['python3', '-m', 'alembic', 'upgrade', 'head'],
};

describe('the migrations of a repository are found', () => {
  const traces: Record<FolderLayout, [file: string, directory: string, command: string | undefined]> = {
    prisma: ['prisma/migrations/20260101_orders/migration.sql', 'prisma/migrations', 'npx prisma migrate deploy'],
    ecto: ['priv/repo/migrations/20260101_orders.exs', 'priv/repo/migrations', 'bin/migrate'],
    rails: ['db/migrate/20260101_orders.rb', 'db/migrate', 'bin/rails db:migrate'],
    alembic: ['migrations/versions/1a_orders.py', 'migrations/versions', 'python3 -m alembic upgrade head'],
    django: ['shop/migrations/0001_initial.py', '.', 'python3 manage.py migrate --noinput'],
    flyway: ['src/main/resources/db/migration/V1__orders.sql', 'src/main/resources/db/migration', 'flyway migrate'],
    golangMigrate: ['db/migrations/1_orders.up.sql', 'db/migrations', undefined],
    sql: ['migrations/1_orders.sql', 'migrations', undefined],
  };
  it.each(Object.entries(traces))('of layout %s', (layout, [file, directory, command]) => {
    expect(findMigrations(['README.md', file])).toEqual({ layout, directory, command: command?.split(' ') ?? null });
  });

  it('as far up as there are any, and none where there are none', () => {
    expect(findMigrations(['examples/a/migrations/1.sql', 'migrations/1.sql'])?.directory).toBe('migrations');
    expect(findMigrations(['api/versions/one.py', 'README.md'])).toBeNull();
  });

  it('of Flask-Migrate, which keeps its configuration beside them', () => {
    const found = findMigrations(['migrations/alembic.ini', 'migrations/versions/1a_orders.py']);
    expect(found?.command).toEqual(['python3', '-m', 'flask', 'db', 'upgrade']);
  });
});

describe('how a service is migrated', () => {
  it.each([
    ['as found', alembic, {}, { ...withoutCommand(alembic), command: ['python3'], args: alembic.command?.slice(1) }],
    ['by a command of its own', alembic, { migrate: 'migrate' }, { ...withoutCommand(alembic), command: ['migrate'] }],
    [
      'by a line for a shell',
      null,
      { migrations: 'sql', migrate: 'psql "$DATABASE_URL" -f all.sql' },
      { directory: 'sql', command: ['sh'], args: ['-c', 'psql "$DATABASE_URL" -f all.sql'] },
    ],
    ['by a command alone', null, { migrate: './migrate' }, { layout: 'command', command: ['./migrate'] }],
    ['not at all', null, {}, null],
    ['not, although there is such a folder', alembic, { migrations: 'none' }, null],
  ])('%s', (_what, found, answers, migration) => {
    expect(chooseMigration(found, answers)).toEqual({ migration });
  });

  it('is asked where no tool can be told', () => {
    const found: FoundMigrations = { directory: 'migrations', layout: 'sql', command: null };
    expect(chooseMigration(found, {})).toMatchObject({ problem: { path: 'migrate' } });
    expect(chooseMigration(alembic, { migrations: 'elsewhere' })).toMatchObject({ problem: { path: 'migrate' } });
  });
});

describe('a commit shows', () => {
  let folder: string;
  const git = (...args: string[]) =>
    execa('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=developer@example.com', ...args]);
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-draft-'));
    await git('init', '--quiet');
    await mkdir(path.join(folder, 'migrations', 'versions'), { recursive: true });
    await writeFile(path.join(folder, 'Procfile'), 'web: python3 app.py\nrelease: ./migrate.sh\n');
    await writeFile(path.join(folder, 'app.py'), 'if path == "/health":\n  pass\nold = "/healthz"\nurl = "/readyz"\n');
    await writeFile(path.join(folder, 'migrations', 'versions', '1a.py'), '');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'first');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('how its service is started, migrated and checked', async () => {
    expect(await readRepository(folder, 'HEAD')).toEqual({
      processes: new Map([
        ['web', 'python3 app.py'],
        ['release', './migrate.sh'],
      ]),
      hasDockerfile: false,
      migrations: { directory: 'migrations/versions', layout: 'alembic', command: ['release'] },
      health: '/health',
    });
  });
});

describe('a first catalog file', () => {
  const draft: Draft = {
    service: 'shop',
    description: 'The orders: of a small shop # 1',
    repository: { url: 'https://git.example.com/example/shop.git', branch: 'main' },
    project: 'example-project',
    region: 'us-central1',
    withDocker: true,
    approvers: ['release-owner@example.com'],
    developers: ['developer@example.com'],
    environments: ['staging', 'production'],
    healthPath: '/health',
    migration: { directory: 'migrations', command: ['sh'], args: ['-c', 'psql "$DATABASE_URL"'] },
    hasDatabase: true,
    bake: { seconds: 300 },
  };

  it('says what it was told, and is accepted', () => {
    const { service, problems } = readCatalogText('shop.yaml', draftText(draft, './schema.json'), {});
    expect(problems).toEqual([]);
    const { staging, production } = service?.entry.environments ?? {};
    expect(service?.entry).toMatchObject({ service: 'shop', description: draft.description, build: { steps: [{}] } });
    expect(staging).toMatchObject({ target: { service: 'shop-staging' }, approvals: { required: [] } });
    expect(production).toMatchObject({
      target: { service: 'shop', migrationJob: 'shop-migrate' },
      approvals: { required: [{ role: 'release-owner' }] },
      secrets: { DATABASE_URL: { secret: 'shop-database-url' } },
      migration: draft.migration,
    });
  });

  it('has no migration, job and secret where there is nothing to migrate', () => {
    const text = draftText({ ...draft, migration: null, hasDatabase: false, withDocker: false }, './schema.json');
    expect(text).not.toMatch(/migrat|secrets|steps/);
    expect(readCatalogText('shop.yaml', text, {}).problems).toEqual([]);
  });
});

it.each([
  ['../shop', 'shop'],
  ['https://git.example.com/example/My_Shop.git', 'my-shop'],
  ['git@git.example.com:shop.git/', 'shop'],
  ['/srv/2nd.shop', 'nd-shop'],
])('the repository %s is the service %s', (repository, name) => {
  expect(serviceNameOf(repository)).toBe(name);
});

function withoutCommand({ directory, layout }: FoundMigrations) {
  return { directory, layout };
}
