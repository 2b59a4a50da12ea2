import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../contract/incident/look.ts';
import type { AlertState, IncidentStatus, MitigationState } from '../../contract/incident/status.ts';
import type { TimelineEntry } from '../../contract/status.ts';
import { openIncident } from '../client/incident/sample.ts';
import { violationsOf, type Expected, type IncidentRecord } from './incident/judge.ts';

const owner = 'release-owner@example.com';
const workflowId = 'incident/app/production/stream-completion';
const child = `${workflowId}/mitigation-1`;
const expected: Expected = { looks: ['alerts', 'routes'], acknowledgeWithinMs: 6_000, updateEveryMs: 9_000, told: 3 };

function timeOf(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, 0) + second * 1000).toISOString();
}

const turns: [second: number, event: string, what: string][] = [
  [2, 'incidentOpened', 'opened by alertmanager'],
  [6, 'escalated', 'nobody has acknowledged in time: called are release-owner@example.com'],
  [8, 'incidentAcknowledged', `acknowledged by ${owner}`],
  [8, 'communicated', `told by ${owner}: we roll back`],
  [8, 'mitigationStarted', `rollback asked for by ${owner}`],
  [15, 'mitigationEnded', 'the rollback is done'],
  [25, 'resolved', `resolved by ${owner}: the symptom is gone`],
];
const paged = ['incidentOpened', 'incidentAcknowledged', 'resolved'];

const line = (second: number, what: string): TimelineEntry => ({ at: timeOf(second), what });
const evidence = (name: string, changes: Partial<Evidence> = {}): Evidence => ({
  ...{ name, verdict: 'pass', reason: 'all is well', source: '', query: '', window: null },
  ...{ count: 0, lines: [], link: null, at: timeOf(1), ...changes },
});
const mitigated: MitigationState = {
  ...{ name: 'rollback', by: owner, workflowId: child, startedAt: timeOf(8), endedAt: timeOf(15) },
  ...{ firstExecutionRunId: 'r1', outcome: 'rolled back', succeeded: true },
};
const alert: AlertState = {
  ...{ fingerprint: 'a1', startsAt: timeOf(-10), endsAt: timeOf(20), status: 'resolved', name: 'Low' },
  ...{ severity: 'sev2', summary: '', generatorUrl: '', confirmed: 'yes' },
  ...{ firstSeen: timeOf(0), lastSeen: timeOf(20), told: 3 },
};
const status: IncidentStatus = {
  ...openIncident,
  evidence: expected.looks.map((name) => evidence(name)),
  alerts: [alert],
  acknowledged: { by: owner, at: timeOf(8) },
  updates: [{ at: timeOf(8), by: owner, text: 'we roll back' }],
  mitigations: [mitigated],
  refused: { count: 0, last: [] },
  outcome: `resolved by ${owner}: the symptom is gone`,
  steps: ['triage', 'mitigation-1', 'verify'].map((name) => ({
    ...{ name, state: 'passed', startedAt: timeOf(1), endedAt: timeOf(2), attempts: 1, error: null },
  })),
};
const timeline = [
  line(0, 'alert Low fires since then'),
  ...turns.flatMap(([second, event, what]) => [
    line(second, what),
    line(second, `told oncall (Slack): ${what}`),
    line(second, `told hook (webhook): ${what}`),
    ...(paged.includes(event) ? [line(second, `told pager (PagerDuty): ${what}`)] : []),
  ]),
  line(8, 'phase mitigating'),
  line(17, 'people have not heard of it for too long: tell them (./slipway incident communicate)'),
  line(20, 'alert Low has ended at then'),
  line(21, 'phase verifying'),
  line(25, 'phase done'),
];
const keyOf = (number: number, event: string) => `c1-${number}-${event}`;
const posted = turns.map(([second, event], index) => ({ key: keyOf(index + 1, event), event, at: timeOf(second) }));

/** An incident that nothing happened to, in which each clock rang once. */
const clean: IncidentRecord = {
  status,
  timeline,
  result: {
    ...{ outcome: status.outcome ?? '', incident: 'c1', service: 'app', environment: 'production' },
    ...{ severity: 'SEV-2', category: 'streamCompletion', openedAt: timeOf(0), resolvedAt: timeOf(25) },
    ...{ acknowledgedAt: timeOf(8), mitigatedAt: timeOf(15) },
  },
  children: [child],
  place: {
    timeline: [
      line(1, `frozen by ${workflowId}: incident c1, SEV-2: streams do not end`),
      line(26, `${workflowId} freezes it no more`),
    ],
    isFrozen: false,
  },
  slack: posted.map(({ key }) => ({ thread: '1.000100', key })),
  posted,
  paged: ['trigger', 'acknowledge', 'resolve'].map((action) => ({ action, key: 'slipway-c1' })),
  outages: [],
};

const without = (what: RegExp): Partial<IncidentRecord> => {
  expect(timeline.some((one) => what.test(one.what))).toBe(true);
  return { timeline: timeline.filter((one) => !what.test(one.what)) };
};
const moved = (what: RegExp, second: number): Partial<IncidentRecord> => ({
  timeline: [
    ...(without(what).timeline ?? []),
    ...timeline.filter((one) => what.test(one.what)).map((one) => line(second, one.what)),
  ],
});
const withStatus = (changes: Partial<IncidentStatus>): Partial<IncidentRecord> => ({
  status: { ...status, ...changes },
});
const withPlace = (...lines: TimelineEntry[]): Partial<IncidentRecord> => ({
  place: { timeline: lines, isFrozen: false },
});
const [frozen = line(0, ''), thawed = line(0, '')] = clean.place.timeline;
const silent = evidence('routes', { verdict: 'inconclusive', reason: 'nobody could look: activity timed out' });

/** What might go wrong, and what the judge has to say of it. */
const planted: [what: string, changes: Partial<IncidentRecord>, verdict: RegExp][] = [
  ['evidence that is missing', withStatus({ evidence: [evidence('alerts')] }), /evidence: routes is there 0 times/],
  [
    'a look that nobody made',
    withStatus({ evidence: [evidence('alerts'), silent] }),
    /evidence: routes is missing: nobody/,
  ],
  [
    'a message that Slack has twice',
    { slack: [...clean.slack, ...clean.slack.slice(2, 3)] },
    /Slack: c1-3-\w+ was told twice/,
  ],
  ['a message that Slack has not', { slack: clean.slack.slice(1) }, /Slack: c1-1-incidentOpened was not told/],
  [
    'a second thread',
    { slack: clean.slack.map((one, index) => ({ ...one, thread: String(index % 2) })) },
    /Slack: 2 threads/,
  ],
  ['messages out of order', { slack: [...clean.slack].reverse() }, /Slack: told out of order/],
  [
    'a message that the webhook has not',
    { posted: posted.filter(({ event }) => event !== 'communicated') },
    /webhook: in place 4/,
  ],
  [
    'a page that was not acknowledged',
    { paged: clean.paged.filter(({ action }) => action !== 'acknowledge') },
    /PagerDuty: /,
  ],
  ['a page after the end', { paged: [...clean.paged, { action: 'trigger', key: 'slipway-c1' }] }, /PagerDuty: /],
  ['a page of another key', { paged: [...clean.paged, { action: 'resolve', key: 'other' }] }, /PagerDuty: 2 keys/],
  ['a clock that never rang', without(/^nobody has acknowledged/), /clock: acknowledgement never rang/],
  [
    'a clock that rang late',
    moved(/^people have not heard/, 24),
    /clock: communication was due and did not ring for 7 s/,
  ],
  ['a clock that rang early', moved(/^people have not heard/, 12), /clock: communication rang 5 s too early/],
  [
    'a clock that rang long after somebody worked again',
    { ...moved(/^people have not heard/, 24), outages: [{ from: timeOf(-30), to: timeOf(-20) }] },
    /clock: communication was due/,
  ],
  ['a line that is missing', without(/^acknowledged by/), /timeline: .*acknowledged by.* 0 times, not 1/],
  [
    'a line that is there twice',
    { timeline: [...timeline, line(9, 'phase mitigating')] },
    /timeline: .*mitigating.* 2 times/,
  ],
  [
    'a message that the timeline says nothing of',
    without(/^told oncall \(Slack\): told by/),
    /timeline: told oncall \(Slack\) 6/,
  ],
  [
    'a message that was given up',
    { timeline: [...timeline, line(9, 'hook (webhook) was not told, …')] },
    /timeline: at .* hook \(webhook\) was not told/,
  ],
  ['a step that did not end', withStatus({ steps: status.steps.slice(0, 2) }), /the step verify has not passed/],
  ['a second mitigation', { children: [child, `${workflowId}/mitigation-2`] }, /mitigation: 2 children/],
  [
    'a mitigation that failed',
    withStatus({ mitigations: [{ ...mitigated, succeeded: false }] }),
    /mitigation: rolled back/,
  ],
  ['no freeze', withPlace(), /freeze: it began 0 times/],
  ['a freeze that was interrupted', withPlace(frozen, thawed, frozen, thawed), /freeze: it began 2 times/],
  [
    'a freeze that ended too early',
    withPlace(frozen, { ...thawed, at: timeOf(20) }),
    /freeze: it ended before the incident/,
  ],
  ['a freeze that began late', withPlace({ ...frozen, at: timeOf(9) }, thawed), /freeze: it began 6000 ms too late/],
  ['a freeze that stayed', { place: { ...clean.place, isFrozen: true } }, /freeze: it is still there/],
  ['an alert that was counted twice', withStatus({ alerts: [{ ...alert, told: 4 }] }), /alerts: told 4 times/],
  [
    'an alert that nobody asked about',
    withStatus({ alerts: [{ ...alert, confirmed: 'unknown' }] }),
    /has not borne it out/,
  ],
  ['an incident that did not resolve', { result: { ...clean.result, outcome: 'cancelled' } }, /end: cancelled/],
];

describe('the judge of an incident', () => {
  it('has nothing to say of one that nothing happened to', () => {
    expect(violationsOf(clean, expected)).toEqual([]);
  });

  it('lets a clock ring when somebody works again, and a receiver drop what it has', () => {
    const away = [{ from: timeOf(16), to: timeOf(22) }];
    const repeated = [...posted, ...posted.slice(0, 1)];
    const late = moved(/^people have not heard/, 24);
    expect(violationsOf({ ...clean, ...late, posted: repeated, outages: away }, expected)).toEqual([]);
  });

  it.each(planted)('finds %s', (_what, changes, verdict) => {
    expect(violationsOf({ ...clean, ...changes }, expected).join('\n')).toMatch(verdict);
  });
});
