import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/**
 * A flag as commander writes it, and what it means: `['--environment <name>', 'where to release']`. A third part is
 * the default.
 */
export type Flag = [flags: string, description: string, fallback?: string];

/**
 * One command: its page in the help and what it does. Values of flags come as commander gives them: text, true, or
 * undefined.
 */
export interface CommandModule<Options extends object = Record<string, unknown>> {
  summary: string;
  /** Longer help, when the summary does not say it all. */
  description?: string;
  /** Arguments as commander writes them: `<run>` must be given, `[service]` may. */
  arguments?: [name: string, description: string][];
  flags?: Flag[];
  /** Lines that a person can paste. */
  examples: string[];
  /** Whether it talks to Temporal, so that it gets the flag that names a sandbox. */
  connects?: boolean;
  /** Arguments and flags behind `--` or unknown ones are handed on to another program. */
  passesOn?: boolean;
  /** It has something to stop or to say at Ctrl-C; the others just end. */
  handlesInterrupt?: boolean;
  run(session: Session, options: Options, ...args: string[]): Promise<ExitCode>;
}

/** Commands below a word: `environment show`, `sandbox fault add`. */
export interface CommandGroup {
  summary: string;
  commands: Record<string, AnyCommand>;
}

// The options of a command are its own; the record of all of them only hands them through.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a method's parameter cannot be widened otherwise
export type AnyCommand = CommandModule<any> | CommandGroup;

export function isGroup(command: AnyCommand): command is CommandGroup {
  return 'commands' in command;
}
