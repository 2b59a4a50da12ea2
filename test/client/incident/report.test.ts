import { describe, expect, it } from 'vitest';
import { durationText } from '../../../client/report/durations.ts';
import { reportHtml } from '../../../client/report/html/page.ts';
import { incidentReport, type IncidentReport } from '../../../client/report/incident-report.ts';
import { reportMarkdown } from '../../../client/report/markdown.ts';
import { hostile, hostileText } from './hostile.ts';
import { afterIt, closedIncident, duringIt, openIncident, timeline } from './sample.ts';

function made(...[run, entries, now]: Parameters<typeof incidentReport>): IncidentReport {
  const report = incidentReport(run, entries, now);
  if (report === null) throw new Error('it is no incident');
  return report;
}

const closed = made(closedIncident, timeline, afterIt);
const open = made(openIncident, timeline.slice(0, 6), duringIt);
const bare = made(
  {
    ...openIncident,
    alerts: [],
    suspects: [],
    evidence: [],
    checklist: [],
    category: null,
    steps: [],
    refused: { count: 0, last: [] },
    escalations: 0,
    openedBy: 'release-owner@example.com',
    onset: openIncident.startedAt,
  },
  [],
  duringIt,
);
const evil = made(
  hostile(closedIncident),
  timeline.map(() => ({ at: hostileText, what: hostileText })),
  afterIt,
);
/** Texts between the tags of a page. */
const textOf = (html: string) => html.replace(/<style>.*<\/style>/s, '').replace(/<[^>]*>/g, ' ');

describe('the times of an incident', () => {
  it('are counted from the opening and from the onset, and each says how', () => {
    const shown = closed.times.map(({ name, afterOpeningMs, afterOnsetMs }) => [name, afterOpeningMs, afterOnsetMs]);
    expect(shown).toEqual([
      ['began', -125_000, 0],
      ['opened', 0, 125_000],
      ['acknowledged', 655_000, 780_000],
      ['mitigated', 1_058_000, 1_183_000],
      ['resolved', 2_530_000, 2_655_000],
    ]);
    expect(closed.times.map(({ how }) => how)).toEqual([
      'the start of the alert OpenAgentsRuntimeStreamCompletionRatioLow',
      'the start of the run, by alertmanager',
      'the first message of a responder: release-owner@example.com; further people were called 1 time',
      'the end of the first mitigation that succeeded: rollback',
      'the end of the run',
    ]);
    expect(closed.headline).toBe('resolved after 44 min 15 s');
  });

  it('are missing, with the reason, as long as nothing has come', () => {
    expect(open.headline).toBe('open since 12 min 25 s');
    expect(open.times.slice(2).map(({ at, how }) => [at, how])).toEqual([
      [null, 'nobody has acknowledged it; further people were called 1 time'],
      [null, 'no mitigation was begun'],
      [null, 'it is still open'],
    ]);
    expect(bare.times[0]?.how).toBe('nobody said when: taken is the opening');
  });

  it('call an end no resolution that is none', () => {
    const end = { type: 'Canceled', message: 'cancelled', result: null };
    const cancelled = made(
      { ...closedIncident, execution: 'CANCELLED', end, outcome: 'nobody has looked' },
      [],
      afterIt,
    );
    expect(cancelled.headline).toBe('ended without a resolution after 44 min 15 s');
    expect(cancelled.times.at(-1)).toMatchObject({ at: null, how: expect.stringContaining('nobody has looked') });
  });

  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min 0 s'],
    [3_605_000, '1 h 0 min 5 s'],
    [90_061_000, '1 d 1 h 1 min 1 s'],
    [-125_000, '-2 min 5 s'],
  ])('are written to the second: %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe.each([
  ['Markdown', (report: IncidentReport) => reportMarkdown(report).replaceAll('\\', '')],
  ['HTML', (report: IncidentReport) => textOf(reportHtml(report)).replaceAll('&quot;', '"')],
])('a report as %s', (_form, textIn) => {
  it('tells of an incident that is over what everybody wants to know', () => {
    const text = textIn(closed);
    for (const part of [
      'SEV-1',
      'openagents-runtime in production',
      'resolved after 44 min 15 s',
      '10 min 55 s',
      '17 min 38 s',
      '42 min 10 s',
      'A, stream completion ratio drops',
      'deploy of 4f2c9d1a0b3e by developer@example.com',
      'its commits speak of: tail_timeout, stream.session',
      'resource.type="cloud_run_revision"',
      'Frozen: production is frozen by data-owner@example.com: nightly copy',
      'mitigation-2',
      'runbook 001, section 4, A, action 1',
      'done by triage',
      'streams break off after five seconds; we roll back',
      'team-observability',
      '2026-03-08 11:00:00 UTC',
      'The states are those of the end',
      'Highest: 37.2 % at 2026-03-01',
      'nobody has acknowledged in time',
      'does not respond to incidents here',
    ])
      expect(text).toContain(part);
  });

  it('says of each part of a bare incident that there is nothing', () => {
    const text = textIn(bare);
    for (const part of [
      'No error rate was recorded: the catalog names none (incidents.errorRate).',
      'No mitigation was begun.',
      'No suspect is known',
      'No alert belongs to it.',
      'No evidence was gathered.',
      'There is no checklist',
      'No follow-up was agreed.',
      'No message was refused.',
    ])
      expect(text).toContain(part);
  });

  it('says why there is no picture when the catalog asks for one', () => {
    const { points: _points, ...silent } = closedIncident.evidence.at(-1) ?? {};
    const evidence = [{ ...silent, verdict: 'inconclusive', reason: 'no answer: connection refused' }];
    const report = made({ ...closedIncident, evidence } as typeof closedIncident, [], afterIt);
    expect(textIn(report)).toContain('No error rate was recorded: no answer: connection refused.');
  });

  it('counts refused messages that are not kept any more', () => {
    const { last } = closedIncident.refused;
    expect(textIn(made({ ...closedIncident, refused: { count: 8, last } }, [], afterIt))).toMatch(/earlier\W+7 more/);
  });
});

describe('hostile text in every field', () => {
  it('is text in the HTML: no tag, attribute or address comes from it', () => {
    const html = reportHtml(evil);
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, name = '']) => name.toLowerCase()));
    for (const foreign of ['script', 'img', '!--']) expect(tags).not.toContain(foreign);
    expect(
      [...html.matchAll(/<[^>]*>/g)].filter(([tag]) => /onerror|javascript/.test(tag.replace(/"[^"]*"/g, ''))),
    ).toEqual([]);
    expect([...html.matchAll(/href="([^"]*)"/g)].filter(([, address = '']) => !/^https?:/.test(address))).toEqual([]);
    expect(html).not.toMatch(/[^\P{C}\n]/u);
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('is text in the Markdown: no markup, cell or line comes from it', () => {
    const markdown = reportMarkdown(evil);
    const outsideCode = markdown.replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
    expect(outsideCode).not.toMatch(/(?<!\\)(?:\\\\)*<(script|img|!--)/);
    expect(outsideCode).not.toMatch(/(?<!\\)\[x(?<!\\)\]/);
    expect(markdown).not.toMatch(/[^\P{C}\n]/u);
    const cells = markdown
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.match(/(?<!\\)\|/g)?.length);
    expect(new Set(cells)).toEqual(new Set([6, 7]));
  });

  it('does not break a picture whose times are no times', () => {
    const { timeline: _none, ...rest } = evil;
    for (const report of [evil, { ...rest, timeline }])
      expect(reportHtml(report)).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('a page in one file', () => {
  it('forbids itself to load or run anything, and names no other file', () => {
    const html = reportHtml(closed);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<(script|link|img|iframe|object)|\ssrc=|url\(|@import/i);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it('draws each alert, change and mitigation, and no line where no values are', () => {
    const html = reportHtml(closed);
    expect(html.match(/class="lane alert"/g)).toHaveLength(2);
    expect(html.match(/class="lane change"/g)).toHaveLength(2);
    expect(html.match(/class="lane done"/g)).toHaveLength(2);
    const [, path = ''] = /class="rate" d="([^"]*)"/.exec(html) ?? [];
    expect(path.match(/M/g)).toHaveLength(2);
  });
});

describe('what is no incident', () => {
  it.each([
    ['a deploy', { ...closedIncident, incident: undefined }],
    ['a run that no worker could read', { ...closedIncident, stale: true }],
  ])('has no report: %s', (_name, run) => {
    expect(incidentReport(run as unknown as typeof closedIncident, [], afterIt)).toBeNull();
  });
});
