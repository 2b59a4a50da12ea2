import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Draft } from '../../../catalog/draft/draft.ts';
import { noFacts, readRepository } from '../../../catalog/draft/repository.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import { projectFolder } from '../../cli/project-folder.ts';
import type { Session } from '../../cli/session.ts';
import { answer, promptAtTerminal, type Prompt } from '../../requests/ask.ts';
import { askForDraft } from '../../requests/ask-for-draft.ts';
import { catalogFolder, catalogVariables } from '../../requests/catalog.ts';
import { currentPerson } from '../../requests/current-person.ts';
import { writeDraft } from '../../requests/write-draft.ts';
import type { NewOptions } from './new.ts';

/** Describes a service in a first catalog file, and says what to do next. */
export async function createFile(session: Session, given: string | undefined, options: NewOptions): Promise<ExitCode> {
  const { output, environment } = session;
  const isAsked = options.yes !== true && output.live && process.stdin.isTTY === true;
  const prompt = isAsked ? promptAtTerminal : null;
  const catalog = catalogFolder(options.catalog, environment);
  if (catalog === path.join(projectFolder, 'catalog') && !existsSync(catalog))
    throw CommandError.badInput([{ path: 'catalog', message: 'must be given: the folder of the catalog' }]);
  const folder = await folderOf(given, prompt);
  const facts = await readRepository(folder, 'HEAD').catch(() => {
    output.note(`${folder} is no git repository with a commit: nothing was found there`);
    return noFacts;
  });
  const person = await currentPerson(undefined, environment);
  const draft = await askForDraft({ folder, facts, person }, options, prompt);
  const file = await writeDraft(draft, {
    folder: catalog,
    variables: await catalogVariables(undefined, environment),
  });
  say(session, draft, path.relative(process.cwd(), file));
  return exitCodes.ok;
}

/** Chooses the repository's folder. In Slipway's own folder nobody means that one. */
async function folderOf(given: string | undefined, prompt: Prompt | null): Promise<string> {
  if (given === undefined && process.cwd() !== projectFolder) return process.cwd();
  const question = { message: "folder of the service's git repository", given };
  const { said, problems } = await answer({ folder: question }, prompt);
  if (problems.length > 0) throw CommandError.badInput(problems);
  return path.resolve(said.folder);
}

function say(
  { output }: Session,
  { service, environments, developers, repository, withDocker, migration }: Draft,
  file: string,
): void {
  const [first = ''] = environments;
  const commands = [
    './slipway catalog check',
    './slipway worker',
    `./slipway deploy ${service} --environment ${first} --commit ${repository.branch} --by ${developers[0]} --dry-run`,
  ];
  output.result({ service, file, commands });
  output.line(`wrote ${file}: ${service} in ${environments.join(', ')}`);
  output.line(`  built by      ${withDocker ? 'its Dockerfile' : 'buildpacks'}`);
  output.line(`  migrated by   ${migration ? [...migration.command, ...(migration.args ?? [])].join(' ') : 'nothing'}`);
  output.line('Next: read it, and change what is not so (docs/catalog.md has every field). What the account of the');
  output.line('worker needs is in docs/your-own-service.md. Then:');
  for (const command of commands) output.line(`  ${command}`);
}
