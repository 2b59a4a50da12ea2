import { expect, it } from 'vitest';
import { code, foreign } from '../../workflows/run/details.ts';

it.each([
  ['the name of a tool stays whole', 'web_search at search-api', 'web\\_search at search-api'],
  ['emphasis is none', 'a _b_ *c* __d__', 'a \\_b\\_ \\*c\\* \\_\\_d\\_\\_'],
  ['nothing is a link, a tag, code or a further line', '[a](b) <c> `d`\ne|f', '\\[a\\](b) \\<c\\> \\`d\\` e\\|f'],
  [
    'an address is no link',
    '[a] see https://evil.example/a_b|www.evil.example',
    '\\[a\\] see `https://evil.example/a_b`\\|`www.evil.example`',
  ],
  ['nothing is unseen or turns what stands there', 'a\u202eb\u200bc\u2028d', 'abc d'],
])('text of strangers in the details of a run: %s', (_what, text, shown) => {
  expect(foreign(text)).toBe(shown);
});

it('code of strangers stays code, on one line', () => {
  expect(code('a`\n\n### b')).toBe('``a` ### b``');
});
