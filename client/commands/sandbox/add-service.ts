import { existsSync } from 'node:fs';
import path from 'node:path';
import { namesIn, type Draft } from '../../../catalog/draft/draft.ts';
import type { FoundMigrations } from '../../../catalog/draft/find-migrations.ts';
import { chooseMigration } from '../../../catalog/draft/migration-entry.ts';
import { readRepository, type RepositoryFacts } from '../../../catalog/draft/repository.ts';
import { serviceNameOf } from '../../../catalog/draft/service-name.ts';
import { loadCatalog } from '../../../catalog/load.ts';
import {
  addRepository,
  giveDatabase,
  hasUncommittedChanges,
  type OwnRepository,
} from '../../../sandbox/own-service.ts';
import type { SandboxDescription } from '../../../sandbox/description.ts';
import { sampleServices } from '../../../sandbox/seed/estate.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { runningSandbox } from '../../local/sandbox-control.ts';
import { catalogFolder, catalogVariables } from '../../requests/catalog.ts';
import { writeDraft, type CatalogPlace } from '../../requests/write-draft.ts';
import type { AddOptions } from './add.ts';

/** The one environment that a service of a person's own has in the sandbox. */
const environment = 'production';
const approver = 'release-owner@example.com';
const developer = 'developer@example.com';
/** Where programs are for a container of the sandbox that says nothing else. */
const usualPrograms = [path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'];

/** Brings a person's own service into the sandbox, with a catalog file, and says how to deploy it. */
export async function addService(session: Session, given: string, options: AddOptions): Promise<ExitCode> {
  const sandbox = await runningSandbox(session);
  const isFolder = existsSync(given);
  const source = isFolder ? path.resolve(given) : given;
  const service = options.name ?? serviceNameOf(source);
  if (sampleServices.some(({ name }) => name === service))
    throw CommandError.badInput([{ path: 'name', message: `${service} is a sample service: give another name` }]);
  const place = {
    folder: catalogFolder(options.catalog, session.environment),
    variables: await catalogVariables(session.dir, session.environment),
  };
  const before = await describedHere(service, place, sandbox);
  const repository = await fetchSource(sandbox, { name: service, source, branch: options.branch });
  const { path: folder, commit } = repository;
  const facts = await readRepository(folder, commit);
  const file = before ?? (await describe(sandbox, { service, source, repository, facts }, options, place));
  if (isFolder && (await hasUncommittedChanges(source)))
    session.output.note(`${given} has changes that are in no commit: they are not in the sandbox`);
  say(session, { service, repository, facts, file, isNew: before === undefined });
  return exitCodes.ok;
}

/** Finds the catalog file of a service that the sandbox has already; one of another world must not be taken for it. */
async function describedHere(
  service: string,
  { folder, variables }: CatalogPlace,
  { cloud }: SandboxDescription,
): Promise<string | undefined> {
  const found = (await loadCatalog(folder, variables).catch(() => undefined))?.services.get(service);
  if (found && found.entry.repository.url !== `${cloud?.http}/git/${service}.git`)
    throw CommandError.badInput([
      { path: 'name', message: `${service} is described in ${found.file}, which is not of the sandbox: give another` },
    ]);
  return found?.file;
}

async function fetchSource(
  { dir }: SandboxDescription,
  request: { name: string; source: string; branch: string | undefined },
): Promise<OwnRepository> {
  return addRepository(dir, request).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw CommandError.failed(`${request.source} cannot be brought into the sandbox: ${why}`);
  });
}

interface Addition {
  service: string;
  source: string;
  repository: OwnRepository;
  facts: RepositoryFacts;
}

/** Writes the catalog file of a service, with a database if it needs one. */
async function describe(
  sandbox: SandboxDescription,
  { service, source, repository, facts }: Addition,
  options: AddOptions,
  place: CatalogPlace,
): Promise<string> {
  const { processes, health, migrations } = facts;
  const chosen = chooseMigration(migrations, options);
  const problems = [
    ...('problem' in chosen ? [chosen.problem] : []),
    ...(processes.has('web')
      ? []
      : [
          {
            path: 'Procfile',
            message: `must have a process web on branch ${repository.branch}, such as: web: python3 app.py`,
          },
        ]),
  ];
  if ('problem' in chosen || problems.length > 0) throw CommandError.badInput(problems);
  const { cloud } = sandbox;
  const hasDatabase = chosen.migration !== null || options.database === true;
  const programs = programsOf(source, options.programs);
  const draft: Draft = {
    service,
    description: `${service}, in the sandbox`,
    repository: { url: `\${SLIPWAY_SANDBOX_HTTP}/git/${service}.git`, branch: repository.branch },
    project: cloud?.project ?? '',
    region: cloud?.region ?? '',
    withDocker: false,
    approvers: [approver],
    developers: [developer],
    environments: [environment],
    healthPath: options.health ?? health ?? '/',
    migration: chosen.migration,
    hasDatabase,
    bake: { seconds: 10, everySeconds: 2, minRequests: 0, logsArriveWithinSeconds: 30 },
    ...(programs !== undefined && { variables: { PATH: [programs, ...usualPrograms].join(':') } }),
  };
  const file = await writeDraft(draft, place);
  if (hasDatabase)
    await giveDatabase(sandbox, {
      database: service.replaceAll('-', '_'),
      variable: 'DATABASE_URL',
      secret: namesIn(service, environment).databaseSecret,
    });
  return file;
}

/** Finds the folder of a virtual environment, whose packages no image of the sandbox has. */
function programsOf(source: string, given: string | undefined): string | undefined {
  if (given !== undefined) return path.resolve(given);
  const usual = path.join(source, '.venv', 'bin');
  return existsSync(usual) ? usual : undefined;
}

interface Added extends Omit<Addition, 'source'> {
  file: string;
  isNew: boolean;
}

function say({ output }: Session, { service, repository, facts, file, isNew }: Added): void {
  const { branch, commit } = repository;
  const place = `${service} --environment ${environment}`;
  const deploy = `./slipway deploy ${place} --commit ${branch} --by ${developer}`;
  const approve = `./slipway approve ${place} --by ${approver}`;
  const watch = `./slipway watch ${place}`;
  output.result({ service, environment, branch, commit, file, commands: [deploy, approve, watch] });
  output.line(`${service}: branch ${branch} is at ${commit.slice(0, 12)} in the sandbox`);
  for (const found of foundLines(facts)) output.line(`  ${found}`);
  output.line(`${isNew ? 'wrote' : 'unchanged:'} ${path.relative(process.cwd(), file)}`);
  output.line('Next, while a worker runs (./slipway worker):');
  for (const command of [deploy, approve, watch]) output.line(`  ${command}`);
}

/** Says what the repository shows of how the service is started, checked and migrated. */
function foundLines({ processes, health, migrations }: RepositoryFacts): string[] {
  return [
    `starts by: ${processes.get('web') ?? 'nothing found'}`,
    `health: ${health ?? 'no path found'}`,
    `migrations: ${migrations === null ? 'none found' : describeFound(migrations)}`,
  ];
}

function describeFound({ directory, layout, command }: FoundMigrations): string {
  return `${directory} (${layout}), run by: ${command?.join(' ') ?? 'no command found'}`;
}
