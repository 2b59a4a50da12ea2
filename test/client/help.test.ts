import { describe, expect, it } from 'vitest';
import { isGroup, type CommandEntry, type Commands } from '../../client/cli/command.ts';
import { commands } from '../../client/commands/index.ts';

function* everyCommand(record: Commands, before = './slipway'): Generator<[string, CommandEntry]> {
  for (const [name, command] of Object.entries(record)) {
    if (isGroup(command)) yield* everyCommand(command.commands, `${before} ${name}`);
    else yield [`${before} ${name}`, command];
  }
}

describe('every command', () => {
  it.each([...everyCommand(commands)])('%s has a summary and an example of itself', async (words, entry) => {
    const { examples } = await entry.load();
    expect(entry.summary).not.toBe('');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(words);
  });
});
