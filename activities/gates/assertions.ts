import type { ExpectedValues } from '../../contract/catalog/gates.ts';
import type { Assertion } from '../../contract/evidence.ts';
import { isSomething, valueAt } from '../json.ts';
import { fill } from './placeholders.ts';
import type { SecretReader } from '../redaction/secret-reader.ts';

/** What a document must have, as a catalog file says it. */
export interface Expectations {
  json?: ExpectedValues | undefined;
  present?: string[] | undefined;
}

const maxValueLength = 200;

/** Checks a document against what it must have. A pointer at which nothing stands does not hold. */
export function assertionsOf(
  document: unknown,
  { json = {}, present = [] }: Expectations,
  values: Record<string, string>,
  secrets: SecretReader,
): Assertion[] {
  // Redacted before it is cut: half a secret is one, too.
  const show = (value: unknown) => secrets.hide(JSON.stringify(value) ?? 'nothing').slice(0, maxValueLength);
  const expected = Object.entries(json).map(([at, value]) => {
    const allowed = [value].flat().map((one) => (typeof one === 'string' ? fill(one, values) : one));
    const found = valueAt(document, at);
    return {
      at,
      expected: allowed.map(show).join(' or '),
      found: show(found),
      holds: allowed.some((one) => one === found),
    };
  });
  const there = present.map((at) => {
    const found = valueAt(document, at);
    return { at, expected: 'something', found: show(found), holds: isSomething(found) };
  });
  return [...expected, ...there];
}

/** Says in one line each which assertions about a thing do not hold. */
export function deviationsOf(what: string, assertions: readonly Assertion[]): string[] {
  return assertions
    .filter(({ holds }) => !holds)
    .map(({ at, expected, found }) => `${what} has ${found} at ${at}, expected ${expected}`);
}
