import { expect, it } from 'vitest';
import { plain } from '../../workflows/run/details.ts';

it.each([
  ['the name of a tool stays whole', 'web_search at search-api', 'web_search at search-api'],
  ['emphasis is none', 'a _b_ *c* __d__', 'a  b   c    d'],
  ['nothing is a link, a tag, code or a further line', '[a](b) <c> `d`\ne|f\\', 'a (b)  c   d  e f'],
])('text of strangers in the details of a run: %s', (_what, text, shown) => {
  expect(plain(text)).toBe(shown);
});
