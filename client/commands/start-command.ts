import type { z } from 'zod';
import { kebab } from '../../contract/incident/categories/index.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { parseInput } from '../../contract/inputs.ts';
import type { ChangeType, WorkflowInputs } from '../../contract/workflow-types.ts';
import { CommandError } from '../cli/command-error.ts';
import type { CommandModule, Flag } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { lookUpEnvironment, type CatalogLookUp } from '../requests/catalog.ts';
import { resolveOptionalCommit } from '../requests/commits.ts';
import { currentPerson } from '../requests/current-person.ts';
import { prepareStart, printRequest, type StartFlags } from '../requests/prepare-start.ts';
import { followStarted, type FollowFlags } from './follow-started.ts';

/** Flags of every command that starts a run. */
interface CommonOptions extends FollowFlags, StartFlags {
  commit?: string;
  by?: string;
  reason?: string;
  catalog?: string;
}

interface StartCommand<Type extends ChangeType, Options> {
  type: Type;
  summary: string;
  description?: string;
  schema: z.ZodType<WorkflowInputs[Type]>;
  /** The command's own flags; those of every start are added. */
  flags: Flag[];
  examples: string[];
  /** Names the environment that the run goes to; undefined when it goes to all of the service's train. */
  environmentOf(options: Options): string | undefined;
  /** Picks the fields of the input that come from the own flags. A commit is a full SHA by then. */
  inputOf(options: Options): object;
  /** Completes an input that has no other problem by what is done on this machine, before the run starts. */
  complete?(
    session: Session,
    input: WorkflowInputs[Type],
    entries: readonly CatalogEntry[],
    options: Options,
  ): Promise<WorkflowInputs[Type]>;
}

/**
 * Makes a command that starts a run. The command checks all of the input first, signs the request where the catalog
 * wants a signature, starts the run, and follows it as the flags say.
 */
export function startCommand<Type extends ChangeType, Options extends object>(
  command: StartCommand<Type, Options>,
): CommandModule<Options & CommonOptions> {
  const { type, summary, description, examples } = command;
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    arguments: [['[service]', 'the service, as the catalog names it']],
    flags: [...command.flags, ...commonFlags],
    examples,
    connects: true,
    handlesInterrupt: true,
    run: async (session, options, service) => {
      const environment = command.environmentOf(options);
      const found = await lookUpEnvironment(session, options.catalog, { service, environment });
      const checked = await checkedInput(command, session, options, service, found);
      const input = (await command.complete?.(session, checked, found.entries, options)) ?? checked;
      const request = await prepareStart(session, type, input, found.entries, options);
      if (options.print === true) {
        printRequest(session, request);
        return exitCodes.ok;
      }
      const slipway = await session.slipway();
      const started = await slipway.start(type, request.input, request.workflowId);
      return followStarted(session, slipway, started, options);
    },
  };
}

const commonFlags: Flag[] = [
  flags.by,
  flags.reason,
  ['--wait', 'wait for the end of the run'],
  ['--watch', 'wait, and show what happens'],
  flags.timeout,
  ['--id <workflow id>', 'a workflow id of your own'],
  flags.key,
  flags.print,
  flags.catalog,
];

/** Parses the input as the workflow will, and adds what the catalog and the repository object to. */
async function checkedInput<Type extends ChangeType, Options extends object>(
  { type, schema, inputOf }: StartCommand<Type, Options>,
  session: Session,
  options: Options & CommonOptions,
  service: string | undefined,
  { repository, problems: unknownNames }: CatalogLookUp,
): Promise<WorkflowInputs[Type]> {
  const { commit, problems: badCommit } = await resolveOptionalCommit(options.commit, repository);
  const requestedBy = await currentPerson(options.by, session.environment);
  const fields = inputOf({ ...options, commit });
  const parsed = parseInput(schema, { service, requestedBy, reason: options.reason, ...fields });
  const malformed = 'problems' in parsed ? parsed.problems : [];
  const problems = [
    // A commit that was not found is not also reported as too short.
    ...malformed.filter(({ path }) => path !== 'commit' || badCommit.length === 0),
    ...unknownNames,
    ...badCommit,
  ];
  if ('problems' in parsed || problems.length > 0)
    throw CommandError.badInput(problems, [`./slipway ${kebab(type)} --help`]);
  return parsed.input;
}
