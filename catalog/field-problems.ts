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
