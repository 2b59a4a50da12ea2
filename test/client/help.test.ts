import { describe, expect, it } from 'vitest';
import { isGroup, type AnyCommand, type CommandModule } from '../../client/cli/command.ts';
import { commands } from '../../client/commands/index.ts';

function* everyCommand(record: Record<string, AnyCommand>, before = './slipway'): Generator<[string, CommandModule]> {
  for (const [name, command] of Object.entries(record)) {
    if (isGroup(command)) yield* everyCommand(command.commands, `${before} ${name}`);
    else yield [`${before} ${name}`, command];
  }
}

describe('every command', () => {
  it.each([...everyCommand(commands)])('%s has a summary and an example of itself', (words, { summary, examples }) => {
    expect(summary).not.toBe('');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(words);
  });
});
