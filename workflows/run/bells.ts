import { CancellationScope, defineSignal, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import type { BellName } from '../../contract/bells.ts';
import { describeProblems } from '../../contract/failures.ts';
import { parseInput } from '../../contract/inputs.ts';
import { messageOf } from './failures.ts';
import type { RefusalRecord } from './messages.ts';

const maxProblems = 10;
const maxReasonLength = 500;

/**
 * Registers a bell: a signal of another run of ours. Nothing is ever thrown into the workflow task: an odd payload is
 * refused here, and so is a bell whose answer, asked for by `hear`, does not bear it out.
 */
export function onBell<T>(
  record: RefusalRecord,
  name: BellName,
  schema: z.ZodType<T>,
  hear: (bell: T) => Promise<void>,
): void {
  setHandler(
    defineSignal<[unknown]>(name),
    async (raw) => {
      const parsed = parseInput(schema, raw);
      if ('problems' in parsed) return record.refuse(name, '', problemsIn(parsed.problems));
      try {
        // Also in a run that is being cancelled: it ends by what the other side says.
        await CancellationScope.nonCancellable(() => hear(parsed.input));
      } catch (error) {
        record.refuse(name, '', messageOf(error));
      }
    },
    { description: 'Sent by our own runs; not for people' },
  );
}

/** Describes what is wrong with a payload in one line of bounded length. */
export function problemsIn(problems: Parameters<typeof describeProblems>[0]): string {
  return describeProblems(problems.slice(0, maxProblems)).slice(0, maxReasonLength);
}
