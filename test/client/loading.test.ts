import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commands } from '../../client/commands/index.ts';
import { everyCommand } from './every-command.ts';

/** The packages that a new process has loaded after these calls of `./slipway`. */
const loadedBy = async (...calls: string[][]): Promise<string[]> => {
  const program = path.join(import.meta.dirname, 'loaded-packages.ts');
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_CONFIG_FILE: '/nonexistent' };
  const { stdout } = await execa(process.execPath, [program, JSON.stringify(calls)], { env });
  return (JSON.parse(stdout) as string[][]).at(-1) ?? [];
};

// A person waits for what is loaded: Temporal's client takes a quarter of a second, the clients of clouds a whole one.
describe('./slipway loads no more than it needs', () => {
  it('for the help of every command, and for usage errors', async () => {
    const all = [...Object.keys(commands).map((name) => [name]), ...[...everyCommand()].map(([words]) => words)];
    expect(
      await loadedBy(
        ['--help'],
        ['depoly'],
        ...all.map((words) => ['help', ...words]),
        // `test` hands unknown flags on, and would run all tests.
        ...all.filter(([first]) => first !== 'test').map((words) => [...words, '--no-such-flag']),
      ),
    ).toEqual(['commander', 'picocolors']);
  });

  it('to check a catalog: nothing of Temporal', async () => {
    const loaded = await loadedBy(['catalog', 'check']);
    expect(loaded).toContain('yaml');
    expect(loaded.filter((name) => /^(@temporalio\/|@google-cloud\/|google-|@kubernetes\/|pg$)/.test(name))).toEqual(
      [],
    );
  });

  it.each([[['status', 'a-run']], [['list']], [['timeline', 'a-run']]])('to ask Temporal: %s', async (words) => {
    const loaded = await loadedBy(words);
    expect(loaded).toContain('@temporalio/client');
    const others =
      /^(@google-cloud\/|google-|@kubernetes\/|@temporalio\/(worker|core|workflow)|zod|yaml|execa|pg$|string-)/;
    expect(loaded.filter((name) => others.test(name))).toEqual([]);
  });
});
