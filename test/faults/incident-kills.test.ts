import { describe, expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { violationsOf } from './incident/judge.ts';
import { liveThrough, type Death, type Moment } from './incident/kills.ts';
import { expected, IncidentLife } from './incident/life.ts';

/** The long form, with a death at each boundary, is in incident-every-boundary.test.ts. */
const kills: Death[] = [
  { moments: [{ call: { call: 'alertmanager', kind: 'lost' } }] },
  // The clock for an acknowledgement rings while nobody works.
  { moments: messagesOf('incidentOpened', 'trigger') },
  { moments: [{ event: 'StartChildWorkflowExecutionInitiated' }] },
];

/** The channels are told of one turn: one call has no effect, one a late one, and one no answer. */
function messagesOf(event: string, action: string): Moment[] {
  return [
    { call: { call: 'slack chat.postMessage', about: `-${event}"`, kind: 'lost' } },
    { call: { call: 'webhook', about: `-${event}"`, kind: 'delay' } },
    { call: { call: 'pagerDuty', about: `"${action}"`, kind: 'hang' } },
  ];
}

const sandbox = openSandbox({ hasWorker: false });

describe('the worker of an incident that is killed', () => {
  it('loses no evidence, message, clock, mitigation or freeze', async () => {
    const life = await IncidentLife.prepare(sandbox, 'killed');
    try {
      const { record, missed } = await liveThrough(life, kills);
      expect({ missed, violations: violationsOf(record, expected) }).toEqual({ missed: [], violations: [] });
    } finally {
      await life.close();
    }
  }, 240_000);
});
