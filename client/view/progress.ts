import type { ToldProgress } from '../api/run-report.ts';
import { cleanLine } from '../cli/text.ts';

/** Says in one line what the work under way told last: how long yet, what was seen, what it waits for. */
export function progressText({ of, secondsLeft, seen, waitingFor, ...others }: ToldProgress): string {
  const parts = [
    typeof secondsLeft === 'number' ? leftText(secondsLeft, of) : '',
    typeof waitingFor === 'string' ? `waits for ${waitingFor}` : '',
    ...(Array.isArray(seen) ? seen.map(String) : []),
  ].filter((part) => part !== '');
  const told = parts.length > 0 ? parts : Object.entries(others).map(([name, value]) => `${name}: ${String(value)}`);
  return cleanLine(told.join('; '));
}

function leftText(secondsLeft: number, of: unknown): string {
  return typeof of === 'number' ? `${of - secondsLeft} of ${of} s` : `${secondsLeft} s left`;
}
