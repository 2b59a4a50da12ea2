import { once } from 'node:events';
import { Command, CommanderError } from 'commander';
import { isGroup, type AnyCommand, type CommandModule } from './command.ts';
import { CommandError } from './command-error.ts';
import { exitCodeMeanings, exitCodes, type ExitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { openSession } from './session.ts';
import { asCommandError } from './service-errors.ts';

/** Builds the whole command line as one program; `finish` gets the exit code of the command that ran. */
export function buildProgram(commands: Record<string, AnyCommand>, finish: (code: ExitCode) => void): Command {
  const program = new Command('slipway')
    .description('Release and incident operations as durable Temporal workflows.')
    .usage('<command> [arguments] [flags]')
    .helpCommand('help [command]', 'the same as --help')
    .addHelpText('after', exitCodeHelp());
  configure(program);
  for (const [name, command] of Object.entries(commands)) add(program, name, command, finish);
  return program;
}

/** Runs a command line and answers its exit code. No mistake of a person ends in a stack trace. */
export async function runProgram(commands: Record<string, AnyCommand>, argv: string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  try {
    await buildProgram(commands, (result) => (code = result)).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    return reportFailure(error, argv);
  }
}

function reportFailure(error: unknown, argv: string[]): ExitCode {
  const output = createOutput(argv.includes('--json'));
  const translated = error instanceof CommanderError ? usageError(error) : asCommandError(error);
  if (translated instanceof CommandError) {
    output.failure(translated);
    return translated.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  output.failure(CommandError.failed(message, ['this is a defect of slipway; SLIPWAY_DEBUG=1 shows where']));
  if (process.env['SLIPWAY_DEBUG']) console.error(error);
  return exitCodes.failed;
}

function add(parent: Command, name: string, command: AnyCommand, finish: (code: ExitCode) => void): void {
  const built = parent.command(name).summary(command.summary);
  configure(built);
  if (isGroup(command)) {
    built.description(command.summary);
    for (const [inner, module] of Object.entries(command.commands)) add(built, inner, module, finish);
    return;
  }
  built.description(command.description ?? command.summary);
  for (const [argument, description] of command.arguments ?? []) built.argument(argument, description);
  for (const [flags, description, fallback] of command.flags ?? []) built.option(flags, description, fallback);
  if (command.connects) built.option('--dir <folder>', 'the sandbox in this folder, whatever else is configured');
  built.option('--json', 'one JSON value on stdout, errors too');
  if (command.passesOn) built.allowUnknownOption().allowExcessArguments();
  built.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}\n`);
  built.action(async () => finish(await runCommand(command as CommandModule<object>, built)));
}

async function runCommand(command: CommandModule<object>, built: Command): Promise<ExitCode> {
  const options = built.opts<{ json?: boolean; dir?: string }>();
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', onInterrupt);
  const session = openSession({
    output: createOutput(options.json === true),
    interrupted: interrupt.signal,
    ...(options.dir === undefined ? {} : { dir: options.dir }),
  });
  try {
    const run = command.run(session, options, ...built.args);
    return await (command.handlesInterrupt ? run : Promise.race([run, interruption(interrupt.signal)]));
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', onInterrupt);
    await session.close();
  }
}

async function interruption(signal: AbortSignal): Promise<ExitCode> {
  await once(signal, 'abort');
  return exitCodes.interrupted;
}

/** Makes commander throw errors instead of printing them and ending: they are printed once, by us. */
function configure(command: Command): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'this text')
    .configureOutput({ outputError: () => undefined });
}

function usageError(error: CommanderError): CommandError {
  // A group without a command prints its help; commander calls that an error with this message.
  const message =
    error.message === '(outputHelp)'
      ? 'a command is missing'
      : error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  return new CommandError(message, { exitCode: exitCodes.badInput, code: 'BadUsage', hints: ['./slipway --help'] });
}

function exitCodeHelp(): string {
  const lines = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  return [
    '\nExit codes:',
    ...lines,
    '\nEvery command has --help with examples, and --json.',
    './slipway setup fetches or builds all that is needed, and starts nothing.\n',
  ].join('\n');
}
