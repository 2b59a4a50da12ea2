import type { RunReport } from '../../../client/api/run-report.ts';
import type { Evidence, Point } from '../../../contract/incident/look.ts';
import type { AlertState, IncidentStatus } from '../../../contract/incident/status.ts';
import type { TimelineEntry } from '../../../contract/status.ts';

/** An incident as it stands in an ordinary night: a release at 17:51 makes streams time out from 18:00:05 on. */

const day = '2026-03-01T';
const at = (time: string) => `${day}${time}.000Z`;
const owner = 'release-owner@example.com';
const workflowId = 'incident/openagents-runtime/production/stream-completion';
const commit = '4f2c9d1a0b3e5f60718293a4b5c6d7e8f9012345';

/** When the sample is looked at while it is open. */
export const duringIt = new Date(at('18:12:30'));
/** When its report is made. */
export const afterIt = new Date(`2026-03-02T09:00:00.000Z`);

function alert(changes: Partial<AlertState>): AlertState {
  return {
    fingerprint: 'a1b2c3d4',
    startsAt: at('18:00:05'),
    endsAt: null,
    status: 'firing',
    name: 'OpenAgentsRuntimeStreamCompletionRatioLow',
    severity: 'sev1',
    summary: 'less than 90 % of the streams of openagents-runtime come to their end',
    generatorUrl: 'https://prometheus.example.com/graph?g0.expr=ratio&g0.tab=1',
    confirmed: 'yes',
    firstSeen: at('18:02:10'),
    lastSeen: at('18:12:10'),
    told: 3,
    ...changes,
  };
}

function evidence(changes: Partial<Evidence>): Evidence {
  return {
    name: 'errors',
    verdict: 'fail',
    reason: '214 lines with error, 214 of them warnings or worse',
    source: 'Cloud Logging',
    query:
      'resource.type="cloud_run_revision" AND resource.labels.service_name="openagents-runtime" AND ' +
      'SEARCH("error") AND timestamp>="2026-03-01T17:47:20Z"',
    window: { since: at('17:47:20'), until: at('18:02:20') },
    count: 214,
    lines: [
      '180 × severity=ERROR | stream.session ended outcome=tail_timeout after 5000 ms run_id=run_01HV9Y',
      '34 × severity=WARNING | upstream openagents-web closed the connection before the final event',
    ],
    link: 'https://console.cloud.google.com/logs/query;query=severity',
    at: at('18:02:20'),
    ...changes,
  };
}

/** The share of failed requests: half a percent, then a third, then half a percent; four minutes are missing. */
const errorRate: Point[] = Array.from({ length: 120 }, (_, index) => {
  const time = Date.parse(at('17:45:00')) + index * 30_000;
  const isBad = time >= Date.parse(at('18:00:00')) && time < Date.parse(at('18:20:00'));
  const wave = 1 + 0.2 * Math.sin(index * 1.7);
  return { at: new Date(time).toISOString(), value: (isBad ? 0.31 : 0.005) * wave };
}).filter(({ at: time }) => time < at('18:33:00') || time >= at('18:37:00'));

const status: IncidentStatus = {
  phase: 'responding',
  service: 'openagents-runtime',
  environment: 'production',
  commit: '',
  digest: '',
  incident: 'c1a2b3c4d5e',
  title: 'OpenAgentsRuntimeStreamCompletionRatioLow: less than 90 % of the streams come to their end',
  openedBy: 'alertmanager',
  severity: 'SEV-1',
  category: 'streamCompletion',
  onset: at('18:00:05'),
  acknowledged: null,
  escalations: 1,
  escalatedAt: at('18:05:30'),
  classifiedAt: null,
  alerts: [
    alert({}),
    alert({
      fingerprint: 'e5f6',
      name: 'OpenAgentsRuntimeInternalErrorRateHigh',
      startsAt: at('18:03:20'),
      summary: 'more than 5 % of the requests to /internal/v1 fail',
      told: 2,
    }),
  ],
  furtherAlerts: 0,
  flapped: 0,
  evidence: [
    evidence({
      name: 'stream sessions',
      reason: '412 lines with stream, 180 of them warnings or worse',
      lines: ['180 × outcome=tail_timeout | stream.session ended', '232 × outcome=completed | stream.session ended'],
    }),
    evidence({}),
    evidence({
      name: 'routes',
      reason: 'GET /readyz answers 200; POST /internal/v1/runs answers 504 after 10.0 s',
      source: 'https://openagents-runtime-abcdef-uc.a.run.app',
      query: 'POST /internal/v1/runs',
      window: null,
      lines: ['200 GET /healthz in 12 ms', '200 GET /readyz in 31 ms', '504 POST /internal/v1/runs in 10012 ms'],
      link: null,
    }),
    evidence({
      name: 'serving',
      verdict: 'pass',
      reason: 'openagents-runtime-00042-4f2 (100 %), as the ledger says',
      source: 'Cloud Run and the ledger',
      query: '',
      window: null,
      lines: [],
      link: null,
    }),
    evidence({
      name: 'health',
      verdict: 'inconclusive',
      reason: 'no answer: did not answer within 8 s',
      source: 'Cloud Run',
      query: '',
      window: null,
      count: null,
      lines: [],
      link: null,
    }),
  ],
  suspects: [
    {
      change: 'c9f8e7d6c5b',
      what: 'deploy of 4f2c9d1a0b3e by developer@example.com',
      at: at('17:51:40'),
      commit,
      score: 86,
      reasons: [
        'ended 8 min before it began',
        'its commits speak of: tail_timeout, stream.session',
        'the first release after the service was well',
      ],
      commits: [
        '4f2c9d1a0b3e cut the tail timeout of streams to 5 s (Ada Developer)',
        '77aa01bc23de log the outcome of stream.session (Ada Developer)',
      ],
    },
    {
      change: 'c0a9b8c7d6e',
      what: 'deploy of 0b1c2d3e4f5a by release-owner@example.com',
      at: '2026-02-28T23:10:00.000Z',
      commit: '0b1c2d3e4f5a60718293a4b5c6d7e8f901234567',
      score: 12,
      reasons: ['ended 18 h before it began'],
      commits: ['0b1c2d3e4f5a bump dependencies (Bob Developer)'],
    },
  ],
  likely: [],
  checklist: [
    {
      name: 'outcomes',
      action: 'compare how stream sessions end: tail_timeout or client_closed',
      cites: 'runbook 001, section 4, A, action 1',
      answeredBy: { looks: ['stream sessions'] },
      state: 'done',
      by: 'triage',
      evidence: ['stream sessions: 412 lines with stream, 180 of them warnings or worse'],
    },
    {
      name: 'cancel storms',
      action: 'see whether many runs were cancelled at once',
      cites: 'runbook 001, section 4, A, action 3',
      answeredBy: { person: 'who cancels runs is known to their owners only' },
      state: 'open',
      by: '',
      evidence: [],
    },
  ],
  brokenChanges: [],
  mitigations: [],
  followUps: [],
  proposal: {
    what: 'roll back: deploy of 4f2c9d1a0b3e by developer@example.com (ended 8 min before it began)',
    command: `./slipway incident mitigate ${workflowId} --by ${owner} --action rollback`,
    mitigation: { action: 'rollback' },
  },
  updates: [],
  updateDue: null,
  steps: [
    {
      name: 'triage',
      state: 'passed',
      startedAt: at('18:02:15'),
      endedAt: at('18:02:23'),
      attempts: 1,
      error: null,
      detail: '6 looks, no answer from health; streamCompletion; first suspect: deploy of 4f2c9d1a0b3e',
    },
  ],
  waitingFor: {
    kind: 'operator',
    what: 'somebody to acknowledge this SEV-1',
    since: at('18:02:10'),
    until: at('18:17:10'),
    who: [owner, 'release-deputy@example.com'],
    commands: [
      `temporal workflow signal --workflow-id ${workflowId} --name acknowledge --input '{"by":"${owner}"}'`,
      `./slipway incident ack ${workflowId} --by ${owner}`,
      `./slipway incident mitigate ${workflowId} --by ${owner} --action rollback`,
    ],
  },
  refused: {
    count: 1,
    last: [
      {
        at: at('18:05:00'),
        message: 'mitigate',
        by: 'developer@example.com',
        reason: `developer@example.com does not respond to incidents here; those who do: ${owner}`,
      },
    ],
  },
  outcome: null,
};

/** The incident at 18:12:30: nobody has acknowledged it. */
export const openIncident: RunReport & IncidentStatus = {
  ...status,
  workflowId,
  runId: '0193-aaaa',
  workflowType: 'incident',
  execution: 'RUNNING',
  startedAt: at('18:02:10'),
  closedAt: null,
  progress: null,
  link: `https://temporal.example.com/namespaces/default/workflows/${encodeURIComponent(workflowId)}/0193-aaaa`,
  stale: false,
  asOf: null,
  end: null,
};

const outcome = `resolved by ${owner}: the symptom is gone; streams end as before`;

/** The same after its end at 18:44:20. */
export const closedIncident: RunReport & IncidentStatus = {
  ...openIncident,
  phase: 'done',
  execution: 'COMPLETED',
  closedAt: at('18:44:20'),
  end: { type: 'Completed', message: outcome, result: {} },
  outcome,
  waitingFor: null,
  acknowledged: { by: owner, at: at('18:13:05') },
  alerts: status.alerts.map((one) => ({ ...one, status: 'resolved', endsAt: at('18:26:05') })),
  evidence: [
    ...status.evidence,
    evidence({
      name: 'error rate',
      verdict: 'pass',
      reason: 'at most 0.3718 at 2026-03-01T18:09:00.000Z; last 0.0042',
      source: 'Prometheus',
      query:
        'sum(rate(http_requests_total{service="openagents-runtime",environment="production",code=~"5.."}[60s])) / ' +
        'sum(rate(http_requests_total{service="openagents-runtime",environment="production"}[60s]))',
      window: { since: at('17:45:05'), until: at('18:44:18') },
      count: errorRate.length,
      lines: [],
      link: 'https://prometheus.example.com/graph?g0.expr=sum',
      points: errorRate,
    }),
  ],
  mitigations: [
    {
      name: 'rollback',
      by: owner,
      workflowId: `${workflowId}/mitigation-1`,
      firstExecutionRunId: null,
      startedAt: at('18:14:00'),
      endedAt: at('18:14:12'),
      outcome: 'Frozen: production is frozen by data-owner@example.com: nightly copy',
      succeeded: false,
    },
    {
      name: 'rollback',
      by: owner,
      workflowId: `${workflowId}/mitigation-2`,
      firstExecutionRunId: null,
      startedAt: at('18:16:30'),
      endedAt: at('18:19:48'),
      outcome: 'openagents-runtime-00041-0b1 takes 100 % again, read back',
      succeeded: true,
    },
  ],
  updates: [
    { at: at('18:15:00'), by: owner, text: 'streams break off after five seconds; we roll back' },
    { at: at('18:21:00'), by: owner, text: 'rolled back, we watch it; next word at 18:45 UTC' },
  ],
  followUps: [
    {
      number: 1,
      text: 'a gate of the bake that counts tail_timeout, so that such a release rolls itself back',
      owner: 'api-owner@example.com',
      dueAt: '2026-03-15',
      by: owner,
      at: at('18:30:00'),
      state: 'open',
    },
    {
      number: 2,
      text: 'page on tail timeouts, not only on the ratio',
      owner: 'team-observability',
      dueAt: '2026-03-08T12:00:00+01:00',
      by: owner,
      at: at('18:31:00'),
      state: 'done',
    },
  ],
};

/** What both have written down. */
export const timeline: TimelineEntry[] = [
  { at: at('18:02:10'), what: 'phase triage' },
  { at: at('18:02:11'), what: `alert OpenAgentsRuntimeStreamCompletionRatioLow fires since ${at('18:00:05')}` },
  { at: at('18:02:23'), what: 'triage passed: 6 looks, no answer from health' },
  { at: at('18:02:23'), what: 'waits for somebody to acknowledge this SEV-1' },
  { at: at('18:05:00'), what: 'refused mitigate by developer@example.com: does not respond to incidents here' },
  { at: at('18:07:10'), what: `nobody has acknowledged in time: called are ${owner}, api-owner@example.com` },
  { at: at('18:13:05'), what: `acknowledged by ${owner}` },
  { at: at('18:16:30'), what: `rollback asked for by ${owner}` },
  { at: at('18:21:00'), what: `told by ${owner}: rolled back, we watch it; next word at 18:45 UTC` },
  { at: at('18:33:00'), what: `${owner} says that it is over; the symptom is looked at` },
  { at: at('18:44:20'), what: outcome },
];
