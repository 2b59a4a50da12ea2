import { describe, expect, it } from 'vitest';
import { fasterRules, productionRules } from '../../sandbox/monitoring/rules.ts';
import { ways } from '../../sandbox/misbehaviour/ways.ts';
import { checkRules, playRules, promtoolProgram } from './promtool.ts';

const found = await promtoolProgram();
if ('impossible' in found) process.stderr.write(`alert rules are not played: ${found.impossible}\n`);
const program = 'program' in found ? found.program : '';

const place = { service: 'openagents-runtime', environment: 'production' };
const named = (metric: string, labels: Record<string, string> = {}): string => {
  const all = Object.entries({ ...place, ...labels }).map(([name, value]) => `${name}="${value}"`);
  return `${metric}{${all.join(',')}}`;
};
const runtime = (metric: string, labels?: Record<string, string>): string =>
  named(`openagents_runtime_${metric}`, labels);
/** A counter that grows by so much in each interval. */
const growing = (by: number): string => `0+${by}x40`;

const request = (code: string): string => named('http_requests_total', { route: '/internal/v1/runs', code });
const session = (outcome: string): string => runtime('stream_sessions_total', { outcome });
const search = { tool: 'web_search', provider: 'search-api' };
const call = (outcome: string, errorClass: string): string =>
  runtime('tool_calls_total', { ...search, outcome, error_class: errorClass });
const denial = runtime('policy_denials_total', { reason_code: 'budget_exhausted' });
const circuit = runtime('circuit_breaker_open', { provider: 'model-api' });
const reject = runtime('sync_socket_auth_rejects_total', { reason: 'unknown_kid' });
const mint = (outcome: string): string => named('openagents_khala_token_mints_total', { outcome });

/** Every series when all is well: few things go wrong, as they always do. */
const well: Record<string, string> = {
  [named('up', { instance: 'a' })]: '1x40',
  [named('up', { instance: 'b' })]: '1x40',
  [request('201')]: growing(98),
  [request('500')]: growing(2),
  [session('completed')]: growing(97),
  [session('client_closed')]: growing(2),
  [session('tail_timeout')]: growing(1),
  [runtime('lease_acquisitions_total')]: growing(100),
  [runtime('lease_steals_total')]: growing(1),
  [call('completed', '')]: growing(100),
  [call('failed', 'upstream_timeout')]: growing(1),
  [runtime('policy_decisions_total')]: growing(100),
  [denial]: growing(1),
  [circuit]: '0x40',
  [runtime('sync_socket_auth_attempts_total')]: growing(100),
  [reject]: growing(1),
  [mint('minted')]: growing(100),
  [mint('failed')]: growing(1),
  [runtime('sync_socket_timeouts_total')]: '0x40',
  [runtime('sync_stale_cursors_total')]: '0x40',
};

interface Problem {
  /** Series that are otherwise than when all is well. */
  series: Record<string, string>;
  labels: Record<string, string>;
}

const problems: Record<string, Problem> = {
  OpenAgentsRuntimeDown: {
    series: { [named('up', { instance: 'a' })]: '0x40', [named('up', { instance: 'b' })]: '1 stale' },
    labels: { severity: 'sev1' },
  },
  OpenAgentsRuntimeErrorRatioHigh: { series: { [request('500')]: growing(10) }, labels: { severity: 'sev2' } },
  OpenAgentsRuntimeStreamCompletionRatioLow: {
    series: { [session('tail_timeout')]: growing(20) },
    labels: { severity: 'sev2', category: 'A' },
  },
  OpenAgentsRuntimeLeaseStealsHigh: {
    series: { [runtime('lease_steals_total')]: growing(15) },
    labels: { severity: 'sev2', category: 'B' },
  },
  OpenAgentsRuntimeToolFailureRatioHigh: {
    series: { [call('failed', 'upstream_timeout')]: growing(20) },
    labels: { severity: 'sev2', category: 'C', ...search },
  },
  OpenAgentsRuntimePolicyDenialsHigh: {
    series: { [denial]: growing(15) },
    labels: { severity: 'sev3', category: 'D', reason_code: 'budget_exhausted' },
  },
  OpenAgentsRuntimeCircuitBreakerOpen: {
    series: { [circuit]: '1x40' },
    labels: { severity: 'sev2', category: 'E', provider: 'model-api' },
  },
  OpenAgentsRuntimeSyncSocketAuthFailureRatioHigh: {
    series: { [reject]: growing(15) },
    labels: { severity: 'sev2', category: 'F' },
  },
  OpenAgentsKhalaTokenMintFailureRatioHigh: {
    series: { [mint('failed')]: growing(10) },
    labels: { severity: 'sev2', category: 'F' },
  },
  OpenAgentsRuntimeSyncSocketTimeoutRateHigh: {
    series: { [runtime('sync_socket_timeouts_total')]: growing(30) },
    labels: { severity: 'sev2', category: 'G' },
  },
  OpenAgentsRuntimeSyncStaleCursorSpike: {
    series: { [runtime('sync_stale_cursors_total')]: growing(30) },
    labels: { severity: 'sev3', category: 'G' },
  },
};

const production = await productionRules();
const speeds = [
  { where: 'production', rules: production, interval: '1m', at: '20m' },
  { where: 'a sandbox', rules: fasterRules(production), interval: '2s', at: '40s' },
];

describe('the alert rules', () => {
  it('are those that the situations below play, each with a severity and texts', () => {
    const rules = production.groups.flatMap((group) => group.rules);
    expect(rules.map(({ alert }) => alert).sort()).toEqual(Object.keys(problems).sort());
    for (const rule of rules) {
      expect(rule, rule.alert).toMatchObject({
        labels: { severity: expect.stringMatching(/^sev[123]$/) },
        annotations: { summary: expect.any(String), description: expect.any(String) },
      });
    }
  });

  it('name every alert that a way to misbehave announces, in its category', () => {
    for (const { alert, category } of Object.values(ways))
      expect(problems[alert]?.labels['category'] ?? null, alert).toBe(category);
  });

  it('are thirty times as fast in a sandbox, and otherwise the same', () => {
    const [first] = fasterRules({
      groups: [{ name: 'g', rules: [{ alert: 'A', expr: 'rate(x[5m])', for: '3m' }] }],
    }).groups;
    expect(first).toEqual({ name: 'g', rules: [{ alert: 'A', expr: 'rate(x[10s])', for: '6s' }] });
  });
});

describe.skipIf('impossible' in found)('promtool', () => {
  it.each(speeds)('takes the rules of $where', async ({ rules }) => {
    const { code, output } = await checkRules(program, rules);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('11 rules found') });
  });

  describe.each(speeds)('with the rules of $where', ({ rules, interval, at }) => {
    it('sees no alert when all is well', async () => {
      const { code, output } = await playRules(program, rules, { interval, at, series: well, firing: [] });
      expect(output).toContain('SUCCESS');
      expect(code).toBe(0);
    });

    it.each(Object.entries(problems))('sees %s alone, with its labels', async (alertname, { series, labels }) => {
      const firing = [{ alertname, ...place, ...labels }];
      const played = await playRules(program, rules, { interval, at, series: { ...well, ...series }, firing });
      expect(played.output).toContain('SUCCESS');
      expect(played.code).toBe(0);
    });

    it.each(Object.entries(problems))('does not see %s before it has lasted', async (_alert, { series }) => {
      const all = { ...well, ...series };
      const early = interval === '1m' ? '2m' : '4s';
      const played = await playRules(program, rules, { interval, at: early, series: all, firing: [] });
      expect(played.output).toContain('SUCCESS');
    });
  });
});
