import { FilterError } from './filter-error.ts';
import type { Operator } from './syntax.ts';

interface Position {
  readonly at: number;
  /** Tells that no white space or comment stands before it: `-x`, `name(`. */
  readonly adjacent: boolean;
}

export interface WordToken extends Position {
  readonly kind: 'word';
  readonly text: string;
  readonly raw: string;
  /** The whole word is one quoted string. */
  readonly quoted: boolean;
  readonly segments: readonly string[];
}

export type Token =
  | WordToken
  | (Position & { readonly kind: 'operator'; readonly operator: Operator })
  | (Position & { readonly kind: '(' | ')' | ',' | '-' | '~' | 'end' });

const OPERATORS: readonly Operator[] = ['=~', '!~', '!=', '<=', '>=', '=', '<', '>', ':'];
const WORD_CHARACTER = /[^\s"'()=<>!:~,]/;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Splits a filter into tokens; white space separates, `--` begins a comment that ends with its line. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const start = skipBlank(source, at);
    const adjacent = start === at && at > 0;
    if (start >= source.length) {
      tokens.push({ kind: 'end', at: start, adjacent: false });
      return tokens;
    }
    const token = readToken(source, start, adjacent, tokens.at(-1));
    tokens.push(token.token);
    at = token.end;
  }
}

function skipBlank(source: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < source.length && /\s/.test(source.charAt(at))) at += 1;
    if (!source.startsWith('--', at)) return at;
    const newLine = source.indexOf('\n', at);
    at = newLine === -1 ? source.length : newLine;
  }
}

function readToken(
  source: string,
  at: number,
  adjacent: boolean,
  previous: Token | undefined,
): { token: Token; end: number } {
  const character = source.charAt(at);
  const operator = OPERATORS.find((candidate) => source.startsWith(candidate, at));
  if (operator !== undefined) {
    return { token: { kind: 'operator', operator, at, adjacent }, end: at + operator.length };
  }
  if (character === '(' || character === ')' || character === ',' || character === '~') {
    return { token: { kind: character, at, adjacent }, end: at + 1 };
  }
  // After an operator or a comma a minus belongs to the number: `jsonPayload.balance < -5`.
  const expectsValue = previous?.kind === 'operator' || previous?.kind === ',';
  if (character === '-' && !expectsValue) {
    return { token: { kind: '-', at, adjacent }, end: at + 1 };
  }
  return readWord(source, at, adjacent);
}

/** Reads a word: dotted text with parts that may be quoted. Example: `labels."run.googleapis.com/execution_name"`. */
function readWord(source: string, start: number, adjacent: boolean): { token: WordToken; end: number } {
  const segments: string[] = [];
  let text = '';
  let raw = '';
  let quotedParts = 0;
  let at = start;
  while (at < source.length) {
    const character = source.charAt(at);
    if (character === '"' || character === "'") {
      const afterDot = text === '' || source.charAt(at - 1) === '.';
      if (!afterDot) throw FilterError.syntax(source, at, 'a quoted string must stand alone or follow a dot');
      const quoted = readQuoted(source, at);
      segments.push(quoted.text);
      text += quoted.text;
      raw += quoted.raw;
      quotedParts += 1;
      at = quoted.end;
      if (source.charAt(at) !== '.') break;
    } else if (WORD_CHARACTER.test(character)) {
      const plain = readPlain(source, at);
      segments.push(...plain.split('.').filter((part, index, all) => part !== '' || isHole(index, all)));
      text += plain;
      raw += plain;
      at += plain.length;
      if (source.charAt(at) !== '"') break;
    } else {
      break;
    }
  }
  if (at === start) throw FilterError.syntax(source, at, 'a field, a value or an operator was expected');
  const quoted = quotedParts === 1 && segments.length === 1;
  return { token: { kind: 'word', text, raw, quoted, segments, at: start, adjacent }, end: at };
}

/** Tells whether an empty part is inside a path (`a..b`), which is refused. One beside a quoted part is no part. */
function isHole(index: number, parts: readonly string[]): boolean {
  return index > 0 && index < parts.length - 1;
}

function readPlain(source: string, start: number): string {
  let end = start;
  while (end < source.length && WORD_CHARACTER.test(source.charAt(end))) end += 1;
  return source.slice(start, end);
}

function readQuoted(source: string, start: number): { text: string; raw: string; end: number } {
  const quote = source.charAt(start);
  let text = '';
  let at = start + 1;
  while (at < source.length && source.charAt(at) !== quote) {
    if (source.charAt(at) === '\\') {
      const escape = readEscape(source, at);
      text += escape.text;
      at = escape.end;
    } else {
      text += source.charAt(at);
      at += 1;
    }
  }
  if (at >= source.length) throw FilterError.syntax(source, start, 'the quoted string is not closed');
  return { text, raw: source.slice(start + 1, at), end: at + 1 };
}

function readEscape(source: string, at: number): { text: string; end: number } {
  const numeric = /^\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|([0-7]{1,3}))/.exec(source.slice(at, at + 6));
  if (numeric !== null) {
    const code = numeric[3] === undefined ? parseInt(numeric[1] ?? numeric[2] ?? '0', 16) : parseInt(numeric[3], 8);
    return { text: String.fromCharCode(code), end: at + numeric[0].length };
  }
  const next = source.charAt(at + 1);
  const simple = SIMPLE_ESCAPES[next];
  if (simple !== undefined) return { text: simple, end: at + 2 };
  const isLiteral = next === '"' || next === "'" || next === '\\' || next === '?';
  return { text: isLiteral ? next : `\\${next}`, end: at + 2 };
}
