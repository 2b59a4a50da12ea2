import { describe, expect, it } from 'vitest';
import { readBody } from '../../client/alerts/body.ts';
import { incidentInputOf } from '../../contract/incident/input-of-alerts.ts';
import { plainLine } from '../../client/alerts/plain-line.ts';
import { sortAlerts } from '../../client/alerts/sort-alerts.ts';
import { isAuthorized } from '../../client/alerts/token.ts';
import { incidentInput, parseInput } from '../../contract/inputs.ts';
import { alertsPayload } from '../../contract/messages.ts';
import { alertOf, bodyOf, resolved, startsAt } from './webhook.ts';

const shop = ({ service, environment }: { service: string; environment: string }) =>
  service === 'shop' && ['production', 'staging'].includes(environment) ? 'known' : 'unknown';
const sort = (...alerts: unknown[]) => sortAlerts(alerts, shop);
const only = (alert: unknown) => {
  const { incidents, undeliverable } = sort(alert);
  expect(undeliverable).toEqual([]);
  expect(incidents).toHaveLength(1);
  const [{ id, episodes: [episode] = [] } = { id: '' }] = incidents;
  return { id, episode };
};

describe('alerts of a body', () => {
  it('belong to an incident by service, environment and cause, whatever group they came in', () => {
    const { incidents } = sort(
      alertOf('OpenAgentsRuntimeStreamCompletionRatioLow', { pod: 'a' }),
      alertOf('OpenAgentsRuntimeStreamCompletionRatioLow', { pod: 'b' }),
      alertOf('OpenAgentsRuntimeStreamCompletionRatioLow', { environment: 'staging' }),
      alertOf('HighLatency'),
    );
    expect(incidents.map(({ id, episodes }) => [id, episodes.length])).toEqual([
      ['incident/shop/production/stream-completion', 2],
      ['incident/shop/staging/stream-completion', 1],
      ['incident/shop/production/high-latency', 1],
    ]);
  });

  it('ask for a drift check in place of an incident by a label', () => {
    const { incidents } = sort(
      alertOf('ServiceEditedByHand', { slipway: 'checkDrift' }),
      alertOf('OpenAgentsRuntimeStreamCompletionRatioLow', { slipway: 'checkDrift' }),
      alertOf('HighLatency', { slipway: 'rollback' }),
    );
    expect(incidents.map(({ id, episodes }) => [id, episodes.length])).toEqual([
      ['drift-check/shop/production', 2],
      ['incident/shop/production/high-latency', 1],
    ]);
  });

  it('become episodes with the times that Alertmanager wrote; one that fires has no end', () => {
    const alert = alertOf('HighLatency');
    expect(only(alert).episode).toEqual({
      fingerprint: alert.fingerprint,
      startsAt,
      endsAt: null,
      status: 'firing',
      name: 'HighLatency',
      severity: 'sev2',
      summary: 'HighLatency in production',
      generatorUrl: alert.generatorURL,
    });
    expect(only(resolved(alert)).episode).toMatchObject({ status: 'resolved', endsAt: '2026-03-01T18:30:00Z' });
    expect(only({ ...resolved(alert), endsAt: '0001-01-01T00:00:00Z' }).episode).toMatchObject({ endsAt: null });
  });

  it.each([
    ['no service', alertOf('A', { service: '' }), 'it has no label service'],
    ['no environment', alertOf('A', { environment: '' }), 'it has no label environment'],
    [
      'another service',
      alertOf('A', { service: 'bar' }),
      'the catalog does not know service bar, environment production',
    ],
    [
      'a service of JavaScript',
      alertOf('A', { service: 'constructor' }),
      'the catalog does not know service constructor',
    ],
    ['no time', alertOf('A', {}, { startsAt: 'yesterday' }), 'startsAt must be a time'],
    ['a day that is none', alertOf('A', {}, { startsAt: '2026-02-31T00:00:00Z' }), 'startsAt must be a time'],
    ['no status', { ...alertOf('A'), status: 'pending' }, 'status must be firing or resolved'],
    ['no labels', { ...alertOf('A'), labels: 'none' }, 'labels'],
    ['no form at all', 17, 'expected object'],
  ])('are named when nobody can deliver them, and the others are delivered: %s', (_what, alert, why) => {
    const { incidents, undeliverable } = sort(alertOf('HighLatency'), alert);
    expect(incidents.map(({ id }) => id)).toEqual(['incident/shop/production/high-latency']);
    expect(undeliverable).toEqual([{ alert: expect.any(String), why: expect.stringContaining(why) }]);
  });

  it('wait when a file of the catalog cannot be read: theirs may be in it', () => {
    const { undecided, undeliverable } = sortAlerts([alertOf('A')], () => 'undecided');
    expect(undeliverable).toEqual([]);
    expect(undecided).toEqual([{ alert: 'A', why: expect.stringContaining('cannot be read') }]);
  });
});

const long = 'x'.repeat(10_000);
const strange: [what: string, alert: unknown][] = [
  [
    'long texts',
    alertOf(long, { severity: long }, { annotations: { summary: long }, generatorURL: `http://a/${long}` }),
  ],
  ['a name of other letters', alertOf('ストリーム')],
  ['no name', alertOf('')],
  ['a name of signs', alertOf('../../environment/shop/production')],
  ['control characters', alertOf('A\u0000\u001b[2J\u202eB\nC', {}, { annotations: { summary: 'a\r\n# b\u0007' } })],
  ['half a character', alertOf('A\ud83d', {}, { annotations: { summary: `${'y'.repeat(498)}😀😀` } })],
  ['a page that is a program', alertOf('A', {}, { generatorURL: 'javascript:alert(1)' })],
  ['no fingerprint', alertOf('A', {}, { fingerprint: 'NOT HEX' })],
  ['a short summary', alertOf('A', {}, { annotations: { summary: 'x' } })],
  ['annotations that are none', { ...alertOf('A'), annotations: null, endsAt: 4, generatorURL: null }],
  ['fields of a later version', { ...alertOf('A'), later: { a: 1 } }],
];

describe('an alert that somebody wrote badly', () => {
  it.each(strange)('is delivered, in a form that an incident takes: %s', (_what, alert) => {
    const { id, episode } = only(alert);
    expect(id).toMatch(/^incident\/shop\/production\/[a-z0-9-]{1,80}$/);
    expect(alertsPayload.parse({ episodes: [episode] })).toEqual({ episodes: [episode] });
    const input = { ...incidentInputOf({ service: 'shop', environment: 'production' }, [episode!]), alerts: [episode] };
    expect(parseInput(incidentInput, input)).toEqual({ input });
    expect(JSON.stringify(episode)).not.toMatch(/\\u00|\\ud8|\u202e|javascript/);
  });

  it('cannot pose as Markdown, a link or HTML, and stays readable', () => {
    expect(plainLine('[pay](http://evil) `rm` <img src=x> |a|', 100)).toBe("(pay)(http://evil) 'rm' ‹img src=x> /a/");
    expect(plainLine('ratio < 0.95 for job_failed_total *2', 100)).toBe('ratio < 0.95 for job_failed_total *2');
    expect(plainLine('a\n\n# heading\n- item', 100)).toBe('a # heading - item');
    expect(plainLine('abcdef', 4)).toBe('abc…');
  });

  it('opens different incidents for names that have no letters of ASCII', () => {
    expect(only(alertOf('ストリーム')).id).not.toBe(only(alertOf('遅延')).id);
    expect(only(alertOf('ストリーム')).episode?.name).toContain('ストリーム');
  });
});

describe('the input of an incident', () => {
  const inputOf = (...alerts: unknown[]) => {
    const [incident] = sort(...alerts).incidents;
    return incidentInputOf({ service: 'shop', environment: 'production' }, incident!.episodes);
  };

  it('has title and severity of the gravest alert that fires, and the category of its name', () => {
    const name = 'OpenAgentsRuntimeStreamCompletionRatioLow';
    const summary = (text: string) => ({ annotations: { summary: text } });
    expect(
      inputOf(
        alertOf(name, { severity: 'SEV-3' }, summary('a little')),
        alertOf(name, { severity: 'sev2', pod: 'a' }, summary('half of the streams end early')),
        resolved(alertOf(name, { severity: 'sev1', pod: 'b' }, summary('all of them'))),
      ),
    ).toEqual({
      service: 'shop',
      environment: 'production',
      title: 'half of the streams end early',
      openedBy: 'alertmanager',
      severity: 'SEV-2',
      category: 'streamCompletion',
    });
  });

  it('leaves out what no alert tells, and falls back to the name', () => {
    const input = inputOf(alertOf('HighLatency', { severity: 'critical' }, { annotations: {} }));
    expect(input).toEqual({
      service: 'shop',
      environment: 'production',
      title: 'alert HighLatency',
      openedBy: 'alertmanager',
    });
  });
});

describe('a body', () => {
  it.each([
    ['{', 'the body is not JSON'],
    ['', 'the body is not JSON'],
    ['null', 'none of Alertmanager'],
    ['[]', 'none of Alertmanager'],
    ['{"version":"4"}', 'alerts must be a list of alerts'],
  ])('is none: %s', (text, problem) => {
    expect(readBody(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('is one with fields that this version does not know, or with nonsense beside its alerts', () => {
    const read = readBody(JSON.stringify(bodyOf([], { later: true, truncatedAlerts: 'many', groupLabels: 4 })));
    expect(read).toMatchObject({ body: { alerts: [], truncatedAlerts: 0, groupLabels: {} } });
  });
});

describe('a token', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  it.each(['Bearer secret', 'bearer  secret', basic('alertmanager:secret'), basic(':secret')])(
    'is right: %s',
    (header) => expect(isAuthorized(header, 'secret')).toBe(true),
  );
  it.each([
    undefined,
    '',
    'secret',
    'Bearer',
    'Bearer secre',
    'Bearer secrets',
    'Digest secret',
    basic('secret:'),
    basic('alertmanager:secret:'),
  ])('is missing or wrong: %s', (header) => expect(isAuthorized(header, 'secret')).toBe(false));
});
