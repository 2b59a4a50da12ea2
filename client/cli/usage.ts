import { CommanderError, type Command } from 'commander';
import { asCalled } from './called-as.ts';
import { CommandError } from './command-error.ts';
import { exitCodeMeanings, exitCodes } from './exit-codes.ts';
import { asCommandError } from './service-errors.ts';

/** Makes commander throw errors instead of printing them and ending: they are printed once, by us. */
export function reportUsage(command: Command): void {
  command
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(error, command);
    })
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'this text')
    .configureOutput({
      outputError: () => undefined,
      writeOut: (text) => void process.stdout.write(asCalled(text)),
    });
}

/** Says whether an error is none: a help or a version was printed. */
export function isAnswered(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** Names the help of the command where its input is wrong and nothing else is said. */
export function withNearestHelp(error: unknown, command: Command): unknown {
  const known = asCommandError(error);
  if (!(known instanceof CommandError) || known.code !== 'InvalidInput' || known.hints.length > 0) return error;
  return CommandError.badInput(known.problems, [helpOf(command)]);
}

function usageError(error: CommanderError, command: Command): CommandError {
  // A group without a command prints its help; commander calls that an error with this message.
  const message =
    error.message === '(outputHelp)'
      ? 'a command is missing'
      : error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  return new CommandError(message, { exitCode: exitCodes.badInput, code: 'BadUsage', hints: [helpOf(command)] });
}

function helpOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name());
  return ['./slipway', ...names, '--help'].join(' ');
}

/** Explains at the end of the help what holds for every command. */
export function commonHelp(): string {
  const lines = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  return ['\nExit codes:', ...lines, '\nEvery command has --help with examples, and -o json or yaml.\n'].join('\n');
}
