import type { Finding } from '../../probe/question.ts';
import type { Lag } from './experiments/first-run.ts';

/** As long as Slipway looks for an execution that it cannot see yet. */
const shortMs = 5_000;

/** Says how late something was seen. `limitMs` is how long it was looked for. */
export function lagFinding(lag: Lag | undefined, limitMs: number): Finding {
  if (!lag) return { answer: 'later than 5 s', detail: `not within ${limitMs} ms` };
  const detail = `after ${lag.afterMs} ms`;
  if (lag.looks === 1) return { answer: 'at once', detail };
  return { answer: lag.afterMs <= shortMs ? 'within 5 s' : 'later than 5 s', detail };
}
