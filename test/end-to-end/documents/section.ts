import { expect, it } from 'vitest';
import { commandsOf } from './commands.ts';
import { isOnlyElsewhere } from './elsewhere.ts';
import type { Pasted } from './persons-shell.ts';
import type { World } from './world.ts';
import { openings } from './worlds.ts';

/** Brings about what the text takes for granted at some place. */
export type Preparation = (world: World) => Promise<unknown>;

/** What one command of a section needs, or does otherwise than to end with 0. */
export interface Special {
  command: RegExp;
  before?: Preparation;
  /** What somebody else does while the command waits for it. */
  meanwhile?: Preparation;
  after?: Preparation;
  /** A placeholder or an example in the text, and what stands there for this person. */
  with?: readonly [text: string, value: (world: World) => Promise<string> | string][];
  /** True for a command that has brought this world up, or another one. */
  opens?: boolean;
  /** It stays until Ctrl-C, and says so when it is up. */
  stays?: RegExp;
  input?: (world: World) => Promise<string>;
  exitCode?: number;
  said?: RegExp;
}

/** The commands under one heading, as a person pastes them. */
export interface Section {
  document: string;
  heading: string;
  /** How many commands it has: a section that lost one would pass unseen. */
  commands: number;
  before?: Preparation;
  special?: Special[];
  after?: Preparation;
}

/** What stands on stderr of a command that has worked, only if something is wrong. */
const looksWrong = /\b(error|exception|unhandled|not found|no such file)\b:?/i;

/** A test of each section, in their order. */
export function pasteSections(world: World, sections: readonly Section[]): void {
  it.each([...sections])('$document, $heading', async (section) => pasteSection(world, section), 240_000);
}

async function pasteSection(world: World, section: Section): Promise<void> {
  const { document, heading, commands: count, special = [] } = section;
  const commands = commandsOf(document, heading);
  expect(commands).toHaveLength(count);
  const unused = special.filter(({ command }) => !commands.some((each) => command.test(each)));
  expect(unused, 'what is special about commands that are not there').toEqual([]);
  await section.before?.(world);
  const wrong: Pasted[] = [];
  for (const command of commands.filter((each) => !isOnlyElsewhere({ document, heading, command: each }))) {
    const one: Special = special.find((each) => each.command.test(command)) ?? { command: /(?:)/ };
    if (one.opens) {
      expect(Object.values(openings).flat()).toContain(command.replace(/ +#.*$/, ''));
      continue;
    }
    const pasted = await pasteOne(world, command, one);
    const { exitCode = 0, said = /(?:)/ } = one;
    const isWrong = exitCode === 0 && one.said === undefined && looksWrong.test(pasted.stderr);
    if (pasted.exitCode !== exitCode || !said.test(pasted.said) || isWrong) wrong.push(pasted);
  }
  await section.after?.(world);
  expect(wrong).toEqual([]);
}

async function pasteOne(world: World, text: string, special: Special): Promise<Pasted> {
  await special.before?.(world);
  let command = text;
  for (const [placeholder, value] of special.with ?? []) {
    if (!command.includes(placeholder)) throw new Error(`${command} has no ${placeholder}`);
    command = command.replaceAll(placeholder, await value(world));
  }
  const others = special.meanwhile?.(world).then(
    () => null,
    (cause: unknown) => ({ cause }),
  );
  const pasted = await pasteReady(world, command, special);
  const failure = await others;
  if (failure) throw new Error(`while ${command} said:\n${pasted.said}`, failure);
  await special.after?.(world);
  return pasted;
}

async function pasteReady(world: World, command: string, { stays, input }: Special): Promise<Pasted> {
  if (!stays) return world.shell.paste(command, await input?.(world));
  return (await world.shell.start(command, stays)).interrupt();
}
