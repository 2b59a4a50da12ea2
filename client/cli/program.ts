import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command, CommanderError, Option } from 'commander';
import { isGroup, type CommandEntry, type CommandModule, type Commands, type Flag } from './command.ts';
import { CommandError } from './command-error.ts';
import { exitCodeMeanings, exitCodes, type ExitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { projectFolder } from './project-folder.ts';
import { formatOf, formats, openSerializer, type FormatFlags } from './serializer.ts';
import { openSession } from './session.ts';
import { asCommandError } from './service-errors.ts';

type Finish = (code: ExitCode) => void;

/** Adds arguments and flags to the commands that only have their names yet. */
const completions = new WeakMap<Command, () => Promise<void>>();

/** Builds the command line as one program. A command gets its arguments and flags once it is meant. */
function buildProgram(commands: Commands, finish: Finish): Command {
  const program = new Command('slipway')
    .description('Release and incident operations as durable Temporal workflows.')
    .usage('<command> [arguments] [flags]')
    .version(version(), '-V, --version', 'the version of Slipway')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'the same as --help')
    .addHelpText('after', exitCodeHelp());
  configure(program);
  addAll(program, commands, finish);
  return program;
}

/** Builds the command line with the arguments and flags of all its commands, for who looks at it as a whole. */
export async function buildWholeProgram(commands: Commands): Promise<Command> {
  const program = buildProgram(commands, () => undefined);
  await completeAll(program);
  return program;
}

/** Runs a command line and answers its exit code. No mistake of a person ends in a stack trace. */
export async function runProgram(commands: Commands, argv: string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  // Commander's own help command would show a command that has only its name yet.
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  try {
    await buildProgram(commands, (result) => (code = result)).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    return reportFailure(error, argv);
  }
}

async function reportFailure(error: unknown, argv: string[]): Promise<ExitCode> {
  const output = createOutput(await openSerializer(formatOf(argv)));
  const translated = asCommandError(error);
  if (translated instanceof CommandError) {
    output.failure(translated);
    return translated.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  output.failure(CommandError.failed(message, ['this is a defect of slipway; SLIPWAY_DEBUG=1 shows where']));
  if (process.env['SLIPWAY_DEBUG']) console.error(error);
  return exitCodes.failed;
}

function addAll(parent: Command, commands: Commands, finish: Finish): void {
  parent.hook('preSubcommand', async (_parent, meant) => completions.get(meant)?.());
  for (const [name, entry] of Object.entries(commands)) {
    const built = parent.command(name).summary(entry.summary).description(entry.summary);
    configure(built);
    if (isGroup(entry)) addAll(built, entry.commands, finish);
    else completions.set(built, async () => complete(built, entry, finish));
  }
}

async function complete(built: Command, entry: CommandEntry, finish: Finish): Promise<void> {
  const command = (await entry.load()) as CommandModule<object>;
  if (command.description !== undefined) built.description(command.description);
  for (const [name, description] of command.arguments ?? []) built.addArgument(new Argument(name, description));
  for (const flag of command.flags ?? []) built.addOption(optionOf(flag));
  if (command.connects) built.option('--dir <folder>', 'the sandbox in this folder, whatever else is configured');
  built.addOption(
    new Option('-o, --output <format>', 'one value for a program on stdout, errors too').choices(formats),
  );
  built.addOption(new Option('--json', 'the same as -o json').conflicts('output'));
  if (command.passesOn) built.allowUnknownOption().allowExcessArguments();
  built.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}\n`);
  built.action(async () => finish(await runCommand(command, built)));
}

/** Makes commander's option of a flag. What is required is only marked: the input is judged as a whole. */
function optionOf([flags, description, { fallback, required } = {}]: Flag): Option {
  const option = new Option(flags, required ? `${description} (required)` : description);
  return fallback === undefined ? option : option.default(fallback);
}

async function completeAll(parent: Command): Promise<void> {
  for (const command of parent.commands) {
    await completions.get(command)?.();
    await completeAll(command);
  }
}

async function runCommand(command: CommandModule<object>, built: Command): Promise<ExitCode> {
  const options = built.opts<FormatFlags & { dir?: string }>();
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', onInterrupt);
  const session = openSession({
    output: createOutput(await openSerializer(options)),
    interrupted: interrupt.signal,
    ...(options.dir === undefined ? {} : { dir: options.dir }),
  });
  try {
    const run = command.run(session, options, ...built.args);
    return await (command.handlesInterrupt ? run : Promise.race([run, interruption(interrupt.signal)]));
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw withNearestHelp(error, built);
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
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(error, command);
    })
    .showSuggestionAfterError(true)
    .helpOption('-h, --help', 'this text')
    .configureOutput({ outputError: () => undefined });
}

function usageError(error: CommanderError, command: Command): CommandError {
  // A group without a command prints its help; commander calls that an error with this message.
  const message =
    error.message === '(outputHelp)'
      ? 'a command is missing'
      : error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  return new CommandError(message, { exitCode: exitCodes.badInput, code: 'BadUsage', hints: [helpOf(command)] });
}

/** Names the help of the command where its input is wrong and nothing else is said. */
function withNearestHelp(error: unknown, command: Command): unknown {
  const known = asCommandError(error);
  if (!(known instanceof CommandError) || known.code !== 'InvalidInput' || known.hints.length > 0) return error;
  return CommandError.badInput(known.problems, [helpOf(command)]);
}

function helpOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name());
  return ['./slipway', ...names, '--help'].join(' ');
}

function version(): string {
  const text = readFileSync(path.join(projectFolder, 'package.json'), 'utf8');
  return `slipway ${(JSON.parse(text) as { version: string }).version}`;
}

function exitCodeHelp(): string {
  const lines = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  return [
    '\nExit codes:',
    ...lines,
    '\nEvery command has --help with examples, and -o json or yaml.',
    './slipway setup fetches or builds all that is needed, and starts nothing.\n',
  ].join('\n');
}
