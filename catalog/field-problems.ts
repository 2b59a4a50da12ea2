import type { z } from 'zod';
import { similarName } from './did-you-mean.ts';

const wordsOfTypes: Record<string, string> = {
  object: 'must be a map of fields',
  record: 'must be a map',
  array: 'must be a list',
  string: 'must be text',
  number: 'must be a number',
  boolean: 'must be true or false',
};

/** Says what a value must be where the schema of a field does not say it itself. */
export function plainWords(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' ? wordsOfTypes[issue.expected] : undefined;
}

/** Says that a part of a file has no such field, and which one was probably meant, or which there are. */
export function unknownField(known: readonly string[], field: string): string {
  const similar = similarName(field, known);
  if (similar !== undefined) return `is not a field here: did you mean ${similar}?`;
  return known.length === 0 ? 'is not a field here' : `is not a field here; there are ${known.join(', ')}`;
}

/** Says which name was probably meant by a value that is none of the possible ones; empty where none is near. */
export function guessOf(issue: z.core.$ZodIssue, value: unknown): string {
  const params =
    issue.code === 'custom' ? (issue.params as { given?: string; known?: string[] } | undefined) : undefined;
  const known = issue.code === 'invalid_value' ? issue.values.map(String) : (params?.known ?? []);
  const given = params?.given ?? value;
  const similar = typeof given === 'string' ? similarName(given, known) : undefined;
  return similar === undefined ? '' : `: did you mean ${similar}?`;
}
