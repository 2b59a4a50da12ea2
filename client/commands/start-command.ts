import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ChangeType, WorkflowInputs } from '../../contract/workflow-types.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { CommandModule, Flag } from '../cli/command.ts';
import { flags, serviceArgument } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import type { StartFlags } from '../requests/prepare-start.ts';
import type { FollowFlags } from './follow-started.ts';

/** Flags of every command that starts a run. */
export interface StartOptions extends FollowFlags, StartFlags {
  commit?: string;
  by?: string;
  reason?: string;
  catalog?: string;
}

export interface StartCommand<Type extends ChangeType, Options> {
  type: Type;
  description?: string;
  /** The command's own flags; those of every start are added where it has not marked them as required. */
  flags: Flag[];
  examples: string[];
  /** Names the environment that the run goes to; undefined when it goes to all of the service's train. */
  environmentOf(options: Options): string | undefined;
  /** Picks the fields of the input that come from the own flags. A commit is a full SHA by then. */
  inputOf(options: Options): object;
  /** Looks at what is there before the start; throws a CommandError to prevent it. */
  before?(slipway: SlipwayClient, input: WorkflowInputs[Type]): Promise<void>;
  /**
   * Completes an input that has no other problem by what is done on this machine, before the run starts. What `hint`
   * is given stands with the failure, if the run does not start.
   */
  complete?(
    session: Session,
    input: WorkflowInputs[Type],
    entries: readonly CatalogEntry[],
    options: Options,
    hint: (line: string) => void,
  ): Promise<WorkflowInputs[Type]>;
}

/**
 * Makes a command that starts a run. The command checks all of the input first, signs the request where the catalog
 * wants a signature, starts the run, and follows it as the flags say.
 */
export function startCommand<Type extends ChangeType, Options extends object>(
  command: StartCommand<Type, Options>,
): CommandModule<Options & StartOptions> {
  const { description, examples } = command;
  return {
    ...(description === undefined ? {} : { description }),
    arguments: [serviceArgument],
    flags: [...command.flags, ...commonFlags.filter(([words]) => !command.flags.some(([own]) => own === words))],
    examples,
    connects: true,
    handlesInterrupt: true,
    run: async (session, options, service) => {
      const { startRun } = await import('./start-run.ts');
      return startRun(command, session, options, service);
    },
  };
}

const commonFlags: Flag[] = [
  flags.by,
  flags.reason,
  ['--wait', 'wait for the end of the run'],
  ['-w, --watch', 'wait, and show what happens'],
  flags.timeout,
  ['--id <workflow id>', 'a workflow id of your own'],
  flags.key,
  flags.print,
  flags.catalog,
];
