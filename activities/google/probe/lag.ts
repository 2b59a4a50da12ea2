import type { Finding } from '../../probe/question.ts';
import type { Lag } from './experiments/first-run.ts';

/** As long as Slipway looks for an execution that may be there: six deadlines of a call. */
const patienceMs = 60_000;

/** Says how late something was seen. `limitMs` is how long it was looked for. */
export function lagFinding(lag: Lag | undefined, limitMs: number): Finding {
  if (!lag) return { answer: 'later than 60 s', detail: `not within ${limitMs} ms` };
  const detail = `after ${lag.afterMs} ms`;
  if (lag.looks === 1) return { answer: 'at once', detail };
  return { answer: lag.afterMs <= patienceMs ? 'within 60 s' : 'later than 60 s', detail };
}
