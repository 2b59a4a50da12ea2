import type { Finding, Question } from '../../../probe/question.ts';
import { grantedQuotas } from '../experiments/granted-quotas.ts';
import type { Trial } from '../trial.ts';

interface Quota {
  id: string;
  what: string;
  api: string;
  /** Which of the API's quotas it is. */
  name: RegExp;
  leastPerMinute: number;
}

/** Quotas that Slipway is built for. Less, and releases wait for each other. */
const quotas: Quota[] = [
  { id: 'quota-run-reads', what: 'reads of Cloud Run', api: 'run.googleapis.com', name: /read/i, leastPerMinute: 600 },
  {
    id: 'quota-run-writes',
    what: 'writes of Cloud Run',
    api: 'run.googleapis.com',
    name: /write/i,
    leastPerMinute: 30,
  },
  {
    id: 'quota-log-reads',
    what: 'reads of the log',
    api: 'logging.googleapis.com',
    name: /read/i,
    leastPerMinute: 60,
  },
];

export const quotaQuestions: readonly Question<Trial>[] = quotas.map((quota) => {
  const { id, what, leastPerMinute } = quota;
  return {
    id,
    question: `how many ${what} does the project have a minute?`,
    assumed: [`${leastPerMinute} or more`],
    otherwise: 'when several releases go on at once, they wait for the quota',
    ask: (trial) => ask(trial, quota),
  };
});

/** The least of those that fit counts: a call needs all of them. */
async function ask(trial: Trial, { api, name, leastPerMinute }: Quota): Promise<Finding> {
  const granted = (await grantedQuotas(trial, api)).filter((one) => name.test(one.name));
  if (granted.length === 0) return { answer: null, detail: `the project lists no such quota of ${api}` };
  const least = Math.min(...granted.map(({ perMinute }) => perMinute));
  const detail = granted.map((one) => `${one.name}: ${one.perMinute}`).join(', ');
  return { answer: least >= leastPerMinute ? `${leastPerMinute} or more` : `fewer than ${leastPerMinute}`, detail };
}
