import { expect } from 'vitest';
import type { OutcomeType } from '../contract/failures.ts';
import { failureOf } from './failure-of.ts';

/** Waits for the end of a run, which must be this failure. */
export async function expectFailure(
  run: { result(): Promise<unknown> },
  type: OutcomeType,
  reason: string | RegExp = '',
): Promise<void> {
  const message: unknown = typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason);
  expect(await failureOf(run)).toEqual({ type, message });
}

/** What a refused update fails with. */
export const refused = { cause: { type: 'Refused' } };

export function refusedBecause(reason: string): object {
  return { cause: { type: 'Refused', message: expect.stringContaining(reason) as string } };
}
