import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';
import type { SettingName } from './settings.ts';

/** A flag as commander writes it, and what it means: `['--environment <name>', 'where to release']`. */
export type Flag = [flags: string, description: string, details?: FlagDetails];

export interface FlagDetails {
  /** The value where the flag is not given. */
  fallback?: string | number;
  /** The command cannot do without it. The schema of its input refuses what is missing; the help says it before. */
  required?: true;
  /** Reads the value before the command runs; throws what is wrong with it. Without it the value stays text. */
  parse?(text: string): unknown;
  /** What the value may be, for a shell that completes it. */
  names?: Names;
  /** What a person may have set, for where the flag is not given. */
  setting?: SettingName;
}

/**
 * An argument as commander writes it, and what it means: `<run>` must be given, `[service]` may. With a setting it may
 * be left out where that is set.
 */
export type Argument = [name: string, description: string, details?: { setting?: SettingName; names?: Names }];

/** What a value may be, for a shell that completes it: a list, or a kind that is looked up. */
export type Names = readonly string[] | 'services' | 'environments' | 'runs' | 'files' | 'folders';

/**
 * Describes one command: its help, and what it does. A flag's value is text, true, undefined,
 * or what its `parse` makes of it. Its file imports what
 * the help needs; what `run` needs besides it imports itself, so that help and usage errors come at once.
 */
export interface CommandModule<Options extends object = Record<string, unknown>> {
  /** Longer help, when the summary does not say it all. */
  description?: string;
  arguments?: Argument[];
  flags?: Flag[];
  /** Lines that a person can paste. */
  examples: string[];
  /** It talks to Temporal or to a sandbox, so that it gets the flag `--dir`. */
  connects?: boolean;
  /** It hands unknown arguments and flags on to another program. */
  passesOn?: boolean;
  /** It stops or says something at Ctrl-C; the others just end. */
  handlesInterrupt?: boolean;
  run(session: Session, options: Options, ...args: string[]): Promise<ExitCode>;
}

/** Names a command in its group's help; the command itself is loaded once it is meant. */
export interface CommandEntry {
  summary: string;
  // The options of a command are its own; the record of all of them only hands them through.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method's parameter cannot be widened otherwise
  load(): Promise<CommandModule<any>>;
}

/** Groups commands below a word: `environment show`, `sandbox fault add`. */
export interface CommandGroup {
  summary: string;
  commands: Commands;
}

/** Commands and groups by their words, in the order of the help. */
export type Commands = Readonly<Record<string, CommandEntry | CommandGroup>>;

export function isGroup(command: CommandEntry | CommandGroup): command is CommandGroup {
  return 'commands' in command;
}
