import type { Argument, Command, Option } from 'commander';
import type { Names } from './command.ts';
import { namesOf } from './command-parts.ts';
import { completeOutline } from './program.ts';

/** One way to go on, with what it means. */
export interface Candidate {
  value: string;
  description: string;
}

/** What a shell may offer: words, or files or folders, which it finds itself. */
export type Completion = Candidate[] | 'files' | 'folders';

/** Looks up names of a kind. `given` are the values of the command line so far, by the names of their flags. */
export type LookUp = (kind: 'services' | 'environments' | 'runs', given: { service?: string }) => Promise<string[]>;

/** Says how a command line may go on. The last of the words is the one that is being typed, perhaps empty. */
export async function completionOf(outline: Command, words: readonly string[], lookUp: LookUp): Promise<Completion> {
  // bash takes `--flag=value` for three words.
  const before = words.slice(0, -1).filter((word) => word !== '=');
  const typed = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  const { command, rest } = await descend(outline, before);
  const { values, open } = readWords(command, rest);
  const given = values[0] === undefined ? {} : { service: values[0] };
  if (open) return ofNames(namesOf(open), typed, given, lookUp);
  const [, name, begun] = /^(--[\w-]+)=(.*)$/.exec(typed) ?? [];
  if (name !== undefined) return inFlag(command, name, begun ?? '', given, lookUp);
  if (typed.startsWith('-')) return beginningWith(typed, flagsOf(command, rest));
  if (command.commands.length > 0) return beginningWith(typed, commandsOf(command));
  const argument = argumentAt(command, values.length);
  return argument ? ofNames(namesOf(argument), typed, given, lookUp) : [];
}

/** Follows the words to the command that they name, and loads it; the other words are its own. */
async function descend(outline: Command, words: readonly string[]): Promise<{ command: Command; rest: string[] }> {
  let command = outline;
  let index = 0;
  // `help deploy` goes on as `deploy` does.
  if (words[0] === 'help') index = 1;
  for (; index < words.length; index += 1) {
    const inner = command.commands.find((one) => one.name() === words[index]);
    if (!inner) break;
    command = inner;
  }
  await completeOutline(command);
  return { command, rest: words.slice(index) };
}

/** Reads values and flags; `open` is a flag whose value comes next. */
function readWords(command: Command, words: readonly string[]): { values: string[]; open: Option | undefined } {
  const values: string[] = [];
  let open: Option | undefined;
  for (const word of words) {
    if (open) open = undefined;
    else if (word.startsWith('-')) open = word.includes('=') ? undefined : takesValue(optionNamed(command, word));
    else values.push(word);
  }
  return { values, open };
}

function optionNamed(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short }) => word === long || word === short);
}

function takesValue(option: Option | undefined): Option | undefined {
  return option?.required === true || option?.optional === true ? option : undefined;
}

async function inFlag(
  command: Command,
  name: string,
  begun: string,
  given: { service?: string },
  lookUp: LookUp,
): Promise<Completion> {
  const option = takesValue(optionNamed(command, name));
  const found = option ? await ofNames(namesOf(option), begun, given, lookUp) : [];
  return typeof found === 'string' ? found : found.map((one) => ({ ...one, value: `${name}=${one.value}` }));
}

async function ofNames(
  names: Names | undefined,
  typed: string,
  given: { service?: string },
  lookUp: LookUp,
): Promise<Completion> {
  if (names === undefined) return [];
  if (names === 'files' || names === 'folders') return names;
  const values = typeof names === 'string' ? await lookUp(names, given) : names;
  return beginningWith(
    typed,
    values.map((value) => ({ value, description: '' })),
  );
}

/** Lists flags that were not given yet. */
function flagsOf(command: Command, words: readonly string[]): Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  return options
    .filter(({ long, short }) => !words.some((word) => word === short || word.split('=')[0] === long))
    .map(({ long, description }) => ({ value: long ?? '', description }));
}

function commandsOf(command: Command): Candidate[] {
  return command.commands.map((one) => ({ value: one.name(), description: one.summary() }));
}

function argumentAt(command: Command, index: number): Argument | undefined {
  return command.registeredArguments[index];
}

function beginningWith(typed: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(typed));
}
