import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { describeProblems } from '../../contract/failures.ts';
import { parseInput } from '../../contract/inputs.ts';

/**
 * What a run was started with. Every problem of it ends the run as `InvalidInput`, before anything outside is
 * touched.
 */
export function inputOf<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = parseInput(schema, raw);
  if ('input' in parsed) return parsed.input;
  throw ApplicationFailure.create({
    type: 'InvalidInput',
    message: describeProblems(parsed.problems),
    details: [parsed.problems],
    nonRetryable: true,
  });
}
