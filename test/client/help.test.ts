import { describe, expect, it } from 'vitest';
import { everyCommand } from './every-command.ts';

describe('every command', () => {
  it.each([...everyCommand()])('%s has a summary and an example of itself', async (words, entry) => {
    const { examples } = await entry.load();
    expect(entry.summary).not.toBe('');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toContain(`./slipway ${words.join(' ')}`);
  });
});
