import { describe, expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { violationsOf } from './incident/judge.ts';
import { liveThrough, type Death } from './incident/kills.ts';
import { expected, IncidentLife } from './incident/life.ts';
import { killTemporal } from './kill-temporal.ts';

const sandbox = openSandbox({ hasWorker: false });

/** At a look, at messages that were told without an answer, and while the symptom has to stay away. */
const deaths: Death[] = [
  { moments: [{ event: 'ActivityTaskScheduled look at routes' }] },
  {
    moments: [
      { call: { call: 'slack chat.postMessage', about: '-mitigationStarted"', kind: 'lost' } },
      { call: { call: 'webhook', about: '-mitigationStarted"', kind: 'lost' } },
    ],
  },
  { moments: [{ event: 'TimerStarted the symptom has to stay away' }] },
];

describe('the Temporal server of an incident that is killed', () => {
  it('comes back, and the incident has lost nothing', async () => {
    const life = await IncidentLife.prepare(sandbox, 'served');
    try {
      const { record, missed } = await liveThrough(life, deaths, () => life.withoutServer(() => killTemporal(sandbox)));
      expect({ missed, violations: violationsOf(record, expected) }).toEqual({ missed: [], violations: [] });
    } finally {
      await life.close();
    }
  }, 240_000);
});
