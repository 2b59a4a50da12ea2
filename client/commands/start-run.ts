import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Problem } from '../../contract/failures.ts';
import { inputSchemas, parseInput } from '../../contract/inputs.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import { startKindOf, startRefusal } from '../../contract/start-refusal.ts';
import type { ChangeType, WorkflowInputs } from '../../contract/workflow-types.ts';
import { Outage } from '../api/errors.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { asCommandError } from '../cli/service-errors.ts';
import type { Session } from '../cli/session.ts';
import { lookUpEnvironment, type CatalogLookUp } from '../requests/catalog.ts';
import { resolveOptionalCommit } from '../requests/commits.ts';
import { currentPerson } from '../requests/current-person.ts';
import { prepareStart, printRequest } from '../requests/prepare-start.ts';
import { followStarted } from './follow-started.ts';
import type { StartCommand, StartOptions } from './start-command.ts';

/** Starts the run of a command once nothing is wrong with its input, and follows it as the flags say. */
export async function startRun<Type extends ChangeType, Options extends object>(
  command: StartCommand<Type, Options>,
  session: Session,
  options: Options & StartOptions,
  service: string | undefined,
): Promise<ExitCode> {
  const { type } = command;
  const environment = command.environmentOf(options);
  const found = await lookUpEnvironment(session, options.catalog, { service, environment });
  const checked = await checkedInput(command, session, options, service, found);
  const hints: string[] = [];
  try {
    const hint = (line: string) => void hints.push(line);
    const input = (await command.complete?.(session, checked, found.entries, options, hint)) ?? checked;
    const request = await prepareStart(session, type, input, found.entries, options);
    if (options.print === true) {
      printRequest(session, request);
      return exitCodes.ok;
    }
    const slipway = await session.slipway();
    await command.before?.(slipway, request.input);
    const started = await slipway.start(type, request.input, request.workflowId).catch((error: unknown) => {
      throw mayBeStarted(error, request.workflowId);
    });
    hints.length = 0;
    return await followStarted(session, slipway, started, options);
  } catch (error) {
    throw withHints(error, hints);
  }
}

function withHints(error: unknown, hints: readonly string[]): unknown {
  const known = asCommandError(error);
  if (known instanceof CommandError) known.hints.push(...hints);
  return known;
}

/** Says where to look when the server has not answered whether it has started a run. */
function mayBeStarted(error: unknown, workflowId: string): unknown {
  if (!(error instanceof Outage)) return error;
  return CommandError.unreachable(error.message, [
    `it may have been started all the same; look before you repeat it: ${slipwayLine('status', workflowId)}`,
  ]);
}

/** Parses the input as the workflow will, and adds what the catalog and the repository object to. */
async function checkedInput<Type extends ChangeType, Options extends object>(
  { type, inputOf }: StartCommand<Type, Options>,
  session: Session,
  options: Options & StartOptions,
  service: string | undefined,
  { entries, repository, problems: unknownNames, doubts = [] }: CatalogLookUp,
): Promise<WorkflowInputs[Type]> {
  const { commit, problems: badCommit } = await resolveOptionalCommit(options.commit, repository);
  const requestedBy = await currentPerson(options.by, session.environment);
  const fields = inputOf({ ...options, commit });
  const parsed = parseInput(inputSchemas[type], { service, requestedBy, reason: options.reason, ...fields });
  const malformed = 'problems' in parsed ? parsed.problems : [];
  // Whose repository is not known here can be told a whole commit, and no branch: the worker's catalog is what counts.
  const obstacles = malformed.some(({ path }) => path === 'commit') ? [...unknownNames, ...doubts] : unknownNames;
  const problems = [
    ...malformed.filter(({ path }) => path !== 'commit' || badCommit.length === 0),
    ...obstacles,
    // A branch is fine, but only the catalog's repository knows it: what keeps it from being asked is said alone.
    ...(repository === undefined && obstacles.length > 0 ? [] : badCommit),
    ...(requestedBy === undefined ? [] : entries.flatMap((entry, index) => refusalOf(entry, type, index, requestedBy))),
  ];
  if ('problems' in parsed || problems.length > 0) throw CommandError.badInput(problems);
  return parsed.input;
}

/** Says why this person may not start it. The worker says the same, but only once a run is there. */
function refusalOf(entry: CatalogEntry, type: ChangeType, index: number, requestedBy: string): Problem[] {
  const message = startRefusal(entry, { kind: startKindOf(type, index), requestedBy });
  return message === null ? [] : [{ path: 'requestedBy', message }];
}
