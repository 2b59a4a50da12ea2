import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cleanLine } from '../../client/cli/text.ts';
import { shellWord, slipwayLine } from '../../contract/shell-word.ts';

const asShell = (word: string) => execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' });

describe('a word of a command that people paste', () => {
  it.each([
    ['quotes', `it's "$HOME" \\ \`id\``],
    ['a turned direction', 'a\u202eb'],
    ['signs that nobody sees', 'a\u200bb\u061cc\u{e0072}d\u2028e'],
    ['control characters', 'a\u001b[2Jb\u0007c\u009bd\re'],
    ['only such signs', '\u202e\u200b'],
  ])('means the same to a shell, and is seen whole: %s', (_what, text) => {
    const word = shellWord(text);
    expect(asShell(word)).toBe(text);
    // What the command line shows is what the Temporal UI shows.
    expect(cleanLine(word)).toBe(word);
  });
});

describe('a command about a run', () => {
  it('names it first, or behind -- where its name would be taken for a flag', () => {
    expect(slipwayLine('approve', 'deploy-1', ['--by ann'])).toBe('./slipway approve deploy-1 --by ann');
    expect(slipwayLine('approve', '--dir=/tmp/evil', ['--by ann'])).toBe(
      './slipway approve --by ann -- --dir=/tmp/evil',
    );
  });
});
