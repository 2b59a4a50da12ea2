import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import type { Argument as ArgumentText, CommandModule, Flag, Names } from './command.ts';
import { formats } from './serializer.ts';
import type { SettingName, Settings } from './settings.ts';

/** What the values of arguments and options may be. */
const names = new WeakMap<Argument | Option, Names>();

/** Answers what the value of an argument or an option may be. */
export function namesOf(part: Argument | Option): Names | undefined {
  return part.argChoices ?? names.get(part);
}

/** Adds to a command of commander what its module says: help, arguments, flags, and those that every command has. */
export function addParts(built: Command, command: CommandModule<object>, values: Settings['values']): void {
  const { description, arguments: args = [], flags = [], connects, passesOn, examples } = command;
  if (description !== undefined) built.description(description);
  for (const argument of args) built.addArgument(named(argumentOf(argument, values), argument[2]?.names));
  for (const flag of flags) built.addOption(named(optionOf(flag, values), flag[2]?.names));
  const dir = new Option('--dir <folder>', 'the sandbox in this folder, whatever else is configured');
  if (connects) built.addOption(named(dir, 'folders'));
  const output = new Option('-o, --output <format>', 'one value for a program on stdout, errors too');
  built.addOption(output.choices(formats));
  built.addOption(new Option('--json', 'the same as -o json').conflicts('output'));
  if (passesOn) built.allowUnknownOption().allowExcessArguments();
  built.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`);
}

/** Makes commander's argument; it may be left out where it is set. */
function argumentOf([name, description, details]: ArgumentText, values: Settings['values']): Argument {
  const setting = details?.setting;
  const set = setting && values[setting];
  if (!set) return new Argument(name, description);
  return new Argument(name.replace(/^<(.*)>$/, '[$1]'), description).default(set.value, whence(setting, values));
}

/** Makes commander's option of a flag. What is required is only marked: the input is judged as a whole. */
function optionOf(
  [flags, description, { fallback, required, parse, setting } = {}]: Flag,
  values: Settings['values'],
): Option {
  const set = setting && values[setting];
  const option = new Option(flags, required && !set ? `${description} (required)` : description);
  if (parse) option.argParser((text) => judged(parse, text));
  if (set) return option.default(set.value, whence(setting, values));
  return fallback === undefined ? option : option.default(fallback);
}

/** Has commander say what is wrong with a value, before anything is done. */
function judged(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function whence(name: SettingName, values: Settings['values']): string {
  return `${values[name]?.value}, by ${values[name]?.from}`;
}

/** Remembers what the value of an argument or an option may be. */
function named<Part extends Argument | Option>(part: Part, what: Names | undefined): Part {
  if (what) names.set(part, what);
  return part;
}
