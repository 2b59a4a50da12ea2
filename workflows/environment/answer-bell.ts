import { defineUpdate, setHandler } from '@temporalio/workflow';
import { callerBell, type BellName, type CallerBell } from '../../contract/bells.ts';
import { refusedType } from '../../contract/failures.ts';
import { isExpected, isFailure, messageOf } from '../run/failures.ts';
import { parsePayload, refusal } from '../run/messages.ts';
import type { EnvironmentRecord } from './record.ts';

/**
 * Answers a bell that comes as an update. `answer` asks the run that rings before it acts. A false bell is refused and
 * recorded; a run that could not be asked rings again.
 */
export function answerBell<Answer>(
  record: EnvironmentRecord,
  name: BellName,
  answer: (caller: CallerBell) => Promise<Answer>,
): void {
  const receive = async (raw: unknown): Promise<Answer> => {
    try {
      return await answer(parsePayload(callerBell, raw));
    } catch (error) {
      const isRefused = isFailure(error, refusedType);
      if (isRefused) record.refuse(name, callerIn(raw), messageOf(error));
      else record.note(`${name} of ${callerIn(raw) || 'an unknown sender'} failed: ${messageOf(error)}`);
      throw isExpected(error) || isRefused ? error : refusal('the message could not be judged');
    }
  };
  setHandler(defineUpdate<Answer, [unknown]>(name), receive, { description: 'Sent by our own runs; not for people' });
}

/** Reads the caller from a payload that is not parsed yet. */
function callerIn(raw: unknown): string {
  const caller = raw !== null && typeof raw === 'object' && 'workflowId' in raw ? raw.workflowId : '';
  return typeof caller === 'string' ? caller : '';
}
