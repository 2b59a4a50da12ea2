import { describe, expect, it } from 'vitest';
import { buildWholeProgram } from '../../client/cli/program.ts';
import { commands } from '../../client/commands/index.ts';
import { everyCommand } from '../client/every-command.ts';
import { hintsIn, problemsOfHint } from './slipway-calls.ts';

const program = await buildWholeProgram(commands);
const folders = ['activities', 'catalog', 'client', 'contract', 'sandbox', 'worker', 'workflows'];

describe('a command that Slipway itself tells people', () => {
  it.each(folders)('is one that it accepts, in %s', async (folder) => {
    const hints = hintsIn(folder);
    expect(hints).not.toEqual([]);
    const problems = await Promise.all(
      hints.map(async (hint) =>
        (await problemsOfHint(hint, program)).map((problem) => `${hint.path}: ${hint.text}: ${problem}`),
      ),
    );
    expect(problems.flat()).toEqual([]);
  });

  it('is one that it accepts, in every example of the help', async () => {
    for (const [words, entry] of everyCommand())
      for (const text of (await entry.load()).examples)
        expect(await problemsOfHint({ text }, program), `${words.join(' ')}: ${text}`).toEqual([]);
  });

  it.each([
    ['./slipway fly', 'there is no command fly'],
    ['what runs: ./slipway list --far', 'there is no flag --far'],
    ['then ./slipway fly shows it', 'there is no command fly'],
    ['start it: ./slipway rollback agento --environment production', 'lacks --reason'],
    ['A=b ./slipway status', 'lacks <run>'],
  ])('is found where it is wrong: %s', async (text, problem) => {
    expect(await problemsOfHint({ text }, program)).toEqual([problem]);
  });

  it.each([
    '(./slipway worker)',
    'see ./slipway status: it says so',
    'what runs: ./slipway list',
    './slipway <x> --help',
    'which one: ./slipway --version',
  ])('is not seen where all is well: %s', async (text) => {
    expect(await problemsOfHint({ text }, program)).toEqual([]);
  });
});
