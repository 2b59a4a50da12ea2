import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import type { AlertStates } from '../../activities/incident/confirm-alerts.ts';
import { createIncidentActivities } from '../../activities/incident/index.ts';
import type { AlertQuery, FiringAlert } from '../../activities/ports/index.ts';
import { episodeKey } from '../../contract/incident/episode.ts';
import { World } from '../workflows/world.ts';
import { portsOf } from './look-world.ts';

const startsAt = '2026-03-01T10:01:00.123Z';
const firing = (fingerprint: string, changes: Partial<FiringAlert> = {}): FiringAlert => ({
  fingerprint,
  startsAt,
  name: 'Alert',
  severity: '',
  summary: '',
  suppressed: false,
  ...changes,
});

/** Confirms episodes at an Alertmanager that has these alerts of the service, and these of others. */
async function confirm(
  episodes: { fingerprint: string; startsAt: string }[],
  given: { own?: FiringAlert[]; others?: FiringAlert[]; fails?: string; startedAt?: string },
) {
  const { own = [], others = [], fails, startedAt: start = startsAt } = given;
  const asked: (AlertQuery | null)[] = [];
  const find = async (query: AlertQuery | null) => {
    asked.push(query);
    if (fails !== undefined) throw new Error(fails);
    return query === null ? [...own, ...others] : own;
  };
  const alerts = { find, startedAt: async () => start, pageOf: () => null };
  const { confirmAlerts } = createIncidentActivities(portsOf(new World(), { alerts }));
  const request = { service: 'runtime', environment: 'production', episodes };
  const answer: AlertStates = await new MockActivityEnvironment().run(confirmAlerts, request);
  return { answer, asked };
}

describe('an alert is a stranger and Alertmanager knows', () => {
  it('which fires, by fingerprint and start, however finely the start is written', async () => {
    const told = [
      { fingerprint: 'aa', startsAt: '2026-03-01T11:01:00.123456789+01:00' },
      { fingerprint: 'aa', startsAt: '2026-03-01T09:00:00Z' },
      { fingerprint: 'bb', startsAt },
    ];
    const { answer } = await confirm(told, { own: [firing('aa')] });
    expect(answer).toEqual({
      answered: true,
      reason: '1 of 3 fire at Alertmanager',
      states: told.map((one, index) => ({ key: episodeKey(one), state: index === 0 ? 'firing' : 'absent' })),
      incompleteForMs: 0,
    });
  });

  it('asks for this service and environment only: another alert bears nothing out', async () => {
    const query = { services: ['runtime'], environment: 'production' };
    expect((await confirm([{ fingerprint: 'aa', startsAt }], { own: [firing('aa')] })).asked).toEqual([query]);
    const { answer, asked } = await confirm([{ fingerprint: 'aa', startsAt }], { others: [firing('aa')] });
    expect(asked).toEqual([query]);
    expect(answer.states).toMatchObject([{ state: 'absent' }]);
  });

  it('counts a silenced one, too', async () => {
    const { answer } = await confirm([{ fingerprint: 'aa', startsAt }], { own: [firing('aa', { suppressed: true })] });
    expect(answer.states).toMatchObject([{ state: 'firing' }]);
  });

  it('unless it has just started: then Prometheus has to tell it again what it has forgotten', async () => {
    const startedAt = new Date(Date.now() - 15_000).toISOString();
    const { answer } = await confirm([{ fingerprint: 'aa', startsAt }], { startedAt });
    expect(answer.incompleteForMs).toBeGreaterThan(50_000);
    expect(answer.incompleteForMs).toBeLessThanOrEqual(60_000);
    const known = await confirm([{ fingerprint: 'aa', startsAt }], { startedAt, own: [firing('aa')] });
    expect(known.answer.incompleteForMs).toBe(0);
  });

  it('says nothing of any when it does not answer', async () => {
    expect((await confirm([{ fingerprint: 'aa', startsAt }], { fails: 'connect ECONNREFUSED' })).answer).toEqual({
      answered: false,
      reason: 'no answer of Alertmanager: connect ECONNREFUSED',
      states: [],
      incompleteForMs: 0,
    });
  });
});
