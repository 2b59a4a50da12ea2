import { isGroup, type CommandEntry, type Commands } from '../../client/cli/command.ts';
import { commands } from '../../client/commands/index.ts';

/** Every command that does something, by its words: `['environment', 'show']`. */
export function* everyCommand(record: Commands = commands, before: string[] = []): Generator<[string[], CommandEntry]> {
  for (const [name, command] of Object.entries(record)) {
    if (isGroup(command)) yield* everyCommand(command.commands, [...before, name]);
    else yield [[...before, name], command];
  }
}
