import { once } from 'node:events';
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { openSerializer, type FormatFlags } from './serializer.ts';
import { openSession } from './session.ts';
import type { Setting, SettingName, Settings } from './settings.ts';
import { withNearestHelp } from './usage.ts';

/** Runs a command that was parsed, and answers its exit code. */
export async function runCommand(
  command: CommandModule<object>,
  built: Command,
  settings: Settings,
): Promise<ExitCode> {
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
    environment: settings.environment,
    ...(options.dir === undefined ? {} : { dir: options.dir }),
  });
  try {
    for (const setting of settingsUsed(command, built, settings))
      session.output.note(`${setting.name} ${setting.value}, by ${setting.from}`);
    const run = command.run(session, options, ...argumentsOf(command, built, settings));
    return await (command.handlesInterrupt ? run : Promise.race([run, interruption(interrupt.signal)]));
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw withNearestHelp(error, built);
  } finally {
    process.off('SIGINT', onInterrupt);
    await session.close();
  }
}

/** Answers the arguments that were given, and what is set in place of those that were not. */
function argumentsOf({ arguments: known = [] }: CommandModule<object>, built: Command, { values }: Settings): string[] {
  const set = known.slice(built.args.length).map(([, , details]) => details?.setting && values[details.setting]?.value);
  const end = set.findIndex((value) => value === undefined);
  return [...built.args, ...(end < 0 ? set : set.slice(0, end)).filter((value) => value !== undefined)];
}

/** Lists the settings that stand in for what was not given: nobody should have to guess what a command is about. */
function settingsUsed(
  { arguments: known = [], flags = [] }: CommandModule<object>,
  built: Command,
  { values }: Settings,
): (Setting & { name: SettingName })[] {
  const names = [
    ...known.slice(built.args.length).map(([, , details]) => details?.setting),
    ...flags
      .filter(([words]) => built.getOptionValueSource(optionNamed(built, words)) === 'default')
      .map(([, , details]) => details?.setting),
  ];
  return names.flatMap((name) => (name && values[name] ? [{ name, ...values[name] }] : []));
}

function optionNamed(built: Command, words: string): string {
  return built.options.find(({ flags }) => flags === words)?.attributeName() ?? '';
}

async function interruption(signal: AbortSignal): Promise<ExitCode> {
  await once(signal, 'abort');
  return exitCodes.interrupted;
}
