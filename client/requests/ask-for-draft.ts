import path from 'node:path';
import { execa } from 'execa';
import type { z } from 'zod';
import type { Draft } from '../../catalog/draft/draft.ts';
import { chooseMigration, noMigrations, type MigrationAnswers } from '../../catalog/draft/migration-entry.ts';
import type { RepositoryFacts } from '../../catalog/draft/repository.ts';
import { serviceNameOf } from '../../catalog/draft/service-name.ts';
import { name } from '../../contract/catalog/fields.ts';
import { folderLayouts } from '../../contract/catalog/migration.ts';
import { repository } from '../../contract/catalog/repository.ts';
import { CommandError } from '../cli/command-error.ts';
import { answer, type Prompt, type Question } from './ask.ts';

/** What flags say of a service. */
export interface DraftAnswers extends MigrationAnswers {
  service?: string;
  description?: string;
  url?: string;
  branch?: string;
  project?: string;
  region?: string;
  environments?: string;
  approvers?: string;
  developers?: string;
  docker?: boolean;
  health?: string;
}

interface Found {
  /** The service's repository on this machine. */
  folder: string;
  facts: RepositoryFacts;
  /** Whoever is at the command line. */
  person: string | undefined;
}

/** Asks for all that a first catalog file needs. Throws a CommandError with everything that is missing or wrong. */
export async function askForDraft(found: Found, flags: DraftAnswers, prompt: Prompt | null): Promise<Draft> {
  const { facts } = found;
  const { said, problems } = await answer(await questionsOf(found, flags), prompt);
  const chosen = chooseMigration(facts.migrations, prompt ? await askForMigrations(facts, flags, prompt) : flags);
  if ('problem' in chosen || problems.length > 0)
    throw CommandError.badInput([...problems, ...('problem' in chosen ? [chosen.problem] : [])]);
  const { migration } = chosen;
  return {
    service: said.service,
    description: said.description,
    repository: { url: said.url, branch: said.branch },
    project: said.project,
    region: said.region,
    withDocker: flags.docker ?? (facts.hasDockerfile && !facts.processes.has('web')),
    approvers: listOf(said.approvers),
    developers: listOf(said.developers),
    environments: listOf(said.environments),
    healthPath: said.health,
    migration,
    hasDatabase: migration !== null,
    bake: { seconds: 300 },
  };
}

async function questionsOf({ folder, facts, person }: Found, flags: DraftAnswers) {
  const remote = await git(folder, 'remote', 'get-url', 'origin');
  const { url, branch } = repository.shape;
  return {
    service: {
      message: 'name of the service',
      given: flags.service,
      usual: serviceNameOf(remote ?? folder) || undefined,
      problem: judgedBy(name),
    },
    description: { message: 'what it is, in one sentence', given: flags.description, usual: path.basename(folder) },
    url: {
      message: 'its repository, as the worker reaches it',
      given: flags.url,
      usual: remote,
      problem: judgedBy(url),
    },
    branch: {
      message: 'release branch',
      given: flags.branch,
      usual: await releaseBranch(folder),
      problem: judgedBy(branch),
    },
    project: { message: 'Google Cloud project', given: flags.project },
    region: { message: 'region', given: flags.region, usual: 'us-central1' },
    environments: {
      message: 'environments, in the order of a release',
      given: flags.environments,
      usual: 'production',
      problem: (text: string) => listOf(text).map(judgedBy(name)).find(Boolean),
    },
    approvers: { message: 'addresses of the people who approve releases', given: flags.approvers },
    developers: { message: 'addresses of the people who ask for releases', given: flags.developers, usual: person },
    health: { message: 'path that answers 200 when all is well', given: flags.health, usual: facts.health ?? '/' },
  } satisfies Record<string, Question>;
}

async function askForMigrations(
  { migrations }: RepositoryFacts,
  flags: MigrationAnswers,
  prompt: Prompt,
): Promise<MigrationAnswers> {
  const folder = {
    message: `folder of the migrations, or ${noMigrations}`,
    given: flags.migrations,
    usual: migrations?.directory ?? noMigrations,
  };
  const { said: first } = await answer({ migrations: folder }, prompt);
  if (first.migrations === noMigrations) return first;
  const isAsFound = first.migrations === migrations?.directory;
  const how = {
    layout: {
      message: `how they are kept: ${folderLayouts.join(', ')}`,
      given: flags.layout,
      usual: isAsFound ? migrations.layout : 'sql',
      problem: (text: string) =>
        folderLayouts.some((layout) => layout === text) ? undefined : `must be one of ${folderLayouts.join(', ')}`,
    },
    migrate: {
      message: 'command that migrates, in the image',
      given: flags.migrate,
      usual: isAsFound ? migrations.command?.join(' ') : undefined,
    },
  };
  return { ...first, ...(await answer(how, prompt)).said };
}

/** Names the branch that the remote is on, else the one of this folder. */
async function releaseBranch(folder: string): Promise<string | undefined> {
  const remote = await git(folder, 'symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  return remote?.replace(/^origin\//, '') ?? git(folder, 'symbolic-ref', '--short', 'HEAD');
}

async function git(folder: string, ...args: string[]): Promise<string | undefined> {
  const { stdout, exitCode } = await execa('git', ['-C', folder, ...args], { reject: false, stdin: 'ignore' });
  return exitCode === 0 && stdout !== '' ? stdout : undefined;
}

function judgedBy(schema: z.ZodType): (text: string) => string | undefined {
  return (text) => schema.safeParse(text).error?.issues[0]?.message;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}
