import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { isGroup, type CommandEntry, type CommandModule, type Commands } from './command.ts';
import { addParts } from './command-parts.ts';
import { CommandError } from './command-error.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { projectFolder } from './project-folder.ts';
import { runCommand } from './run-command.ts';
import { formatOf, openSerializer } from './serializer.ts';
import { asCommandError } from './service-errors.ts';
import { readSettings, type Settings } from './settings.ts';
import { commonHelp, isAnswered, reportUsage } from './usage.ts';

/** What all commands of a program share. */
interface Shared {
  /** Gets the exit code of the command that ran. */
  finish(code: ExitCode): void;
  settings(): Promise<Settings>;
  /** Only the help is meant: settings that cannot be read keep nobody from it. */
  forHelp: boolean;
}

/** Adds arguments and flags to the commands that only have their names yet. */
const completions = new WeakMap<Command, () => Promise<void>>();

/** Builds the command line as one program. A command gets its arguments and flags once it is meant. */
function buildProgram(commands: Commands, shared: Omit<Shared, 'settings'>): Command {
  let settings: Promise<Settings> | undefined;
  const program = new Command('slipway')
    .description('Release and incident operations as durable Temporal workflows.')
    .usage('<command> [arguments] [flags]')
    .version(version(), '-V, --version', 'the version of Slipway')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'the same as --help')
    .addHelpText('after', commonHelp());
  reportUsage(program);
  addAll(program, commands, { ...shared, settings: async () => (settings ??= readSettings(process.env)) });
  return program;
}

/** Builds the command line for who looks at it and runs nothing. Its commands have only their names yet. */
export function buildOutline(commands: Commands): Command {
  return buildProgram(commands, { finish: () => undefined, forHelp: true });
}

/** Builds the same with the arguments and flags of all its commands. */
export async function buildWholeProgram(commands: Commands): Promise<Command> {
  const program = buildOutline(commands);
  await completeAll(program);
  return program;
}

/** Adds its arguments and flags to a command of an outline. */
export async function completeOutline(command: Command): Promise<void> {
  await completions.get(command)?.();
  completions.delete(command);
}

/** Runs a command line and answers its exit code. No mistake of a person ends in a stack trace. */
export async function runProgram(commands: Commands, argv: string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  // Commander's own help command would show a command that has only its name yet.
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  try {
    const forHelp = words.some((word) => word === '--help' || word === '-h');
    await buildProgram(commands, { finish: (result) => (code = result), forHelp }).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return isAnswered(error) ? exitCodes.ok : reportFailure(error, argv);
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

function addAll(parent: Command, commands: Commands, shared: Shared): void {
  parent.hook('preSubcommand', async (_parent, meant) => completions.get(meant)?.());
  for (const [name, entry] of Object.entries(commands)) {
    const built = parent.command(name).summary(entry.summary).description(entry.summary);
    reportUsage(built);
    if (isGroup(entry)) addAll(built, entry.commands, shared);
    else completions.set(built, async () => complete(built, entry, shared));
  }
}

async function complete(built: Command, entry: CommandEntry, { finish, settings, forHelp }: Shared): Promise<void> {
  const command = (await entry.load()) as CommandModule<object>;
  const { values } = await settings().catch((error: unknown) => {
    if (forHelp) return { values: {} };
    throw error;
  });
  addParts(built, command, values);
  built.action(async () => finish(await runCommand(command, built, await settings())));
}

async function completeAll(parent: Command): Promise<void> {
  for (const command of parent.commands) {
    await completeOutline(command);
    await completeAll(command);
  }
}

function version(): string {
  const text = readFileSync(path.join(projectFolder, 'package.json'), 'utf8');
  return `slipway ${(JSON.parse(text) as { version: string }).version}`;
}
