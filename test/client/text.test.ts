import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText } from '../../client/cli/text.ts';

describe('text from outside', () => {
  it.each([
    ['colours', 'a \u001b[31mred\u001b[0m word', 'a red word'],
    ['a title and a link', '\u001b]0;title\u0007text \u001b]8;;http://x\u001b\\link', 'text link'],
    ['a cleared screen', '\u001b[2J\u001b[Hgone', 'gone'],
    ['an 8-bit sequence', '\u009b31mred', 'red'],
    ['a sequence without an end', '\u001b[3', ''],
    ['a carriage return that hides what is before it', 'rm -rf\rls', 'rm -rfls'],
    ['a turned writing direction', 'abc\u202etxt.exe', 'abctxt.exe'],
    ['an Arabic letter mark', 'abc\u061cdef', 'abcdef'],
    ['signs without a width', 'a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg', 'abcdefg'],
    ['tags', 'ok\u{e0001}\u{e0072}\u{e006d}', 'ok'],
    ['line ends that are none to a terminal', 'a\u2028b\u2029c', 'abc'],
  ])('loses %s', (_name, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  it('keeps lines and tabs, or becomes one line', () => {
    expect(cleanText('a\tb\nc')).toBe('a\tb\nc');
    expect(cleanLine('a\n  b\n')).toBe('a b');
  });
});
