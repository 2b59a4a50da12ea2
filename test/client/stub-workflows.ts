import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { messageNames, queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import type { ReleasePlan } from '../../contract/release.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { openIncident } from './incident/sample.ts';

// The least that answers like Slipway's runs, so that the client is tested without their steps. The real ones run in
// the tests end to end.

interface Asked {
  requestedBy?: string;
  service: string;
  environment: string;
  commit?: string;
  reason?: string;
}

const at = '2026-01-02T03:04:05.000Z';

/** Waits for an approval of its plan by somebody but `stranger@example.com`; `reason: fails` ends it as RolledBack. */
export async function deploy({ service, environment, commit = '', reason }: Asked): Promise<object> {
  const id = workflowInfo().workflowId;
  const status: ChangeStatus = {
    phase: 'approval',
    service,
    environment,
    commit,
    digest: '',
    change: 'c1',
    kind: 'deploy',
    requestedBy: 'developer@example.com',
    reason: reason ?? '',
    plan: '',
    steps: [
      {
        name: 'preflight',
        state: 'passed',
        startedAt: at,
        endedAt: at,
        attempts: 1,
        error: null,
        detail: 'a subject with \u001b[31mcolour\u001b[0m',
      },
    ],
    waitingFor: {
      kind: 'approval',
      what: `approval of ${service}`,
      since: at,
      until: null,
      who: ['release-owner'],
      commands: [`temporal workflow signal --workflow-id ${id} --name approve`],
    },
    refused: { count: 0, last: [] },
    approvals: [],
    outcome: null,
  };
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
  setHandler(defineQuery(queryNames.status), () => status);
  setHandler(defineQuery(queryNames.timeline), () => [{ at, what: 'phase approval' }]);
  setHandler(defineQuery<Partial<Plan>>(queryNames.plan), () => ({
    change: 'c1',
    kind: 'deploy',
    service,
    environment,
    artifact: { image: 'image', digest: '', commit },
    migrations: [],
    steps: ['stage'],
    approvals: [{ role: 'release-owner', count: 1 }],
    catalog: '',
    live: { serving: [], traffic: [], template: null, job: null },
    rollbackTo: null,
    hash: '',
  }));
  const approve = ({ by, plan }: { by: string; plan?: string }): string => {
    if (by === 'stranger@example.com')
      throw ApplicationFailure.create({
        type: 'Refused',
        message: `${by} does not hold release-owner`,
        nonRetryable: true,
      });
    status.approvals.push({ by, role: 'release-owner', at, plan: plan ?? '', gate: 'plan' });
    return `approved plan ${plan ?? ''}`;
  };
  setHandler(defineUpdate<string, [{ by: string }]>(messageNames.approve), approve);
  setHandler(defineSignal<[{ by: string }]>(messageNames.approve), (payload) => void approve(payload));
  upsertMemo({ slipway: { phase: 'approval', waitingFor: `approval of ${service}`, next: 'the next command', at } });
  upsertSearchAttributes([
    keyword('SlipwayService', service),
    keyword('SlipwayEnvironment', environment),
    keyword('SlipwayPhase', 'approval'),
  ]);
  await condition(() => status.approvals.length > 0);
  Object.assign(status, { phase: 'done', waitingFor: null });
  if (reason === 'fails') {
    upsertMemo({ slipway: { phase: 'failed', waitingFor: '', next: '', at, outcome: 'RolledBack: the smoke failed' } });
    throw ApplicationFailure.create({ type: 'RolledBack', message: 'the smoke failed', nonRetryable: true });
  }
  return { outcome: 'released' };
}

/** The same, as another kind of change. */
export async function rollback(asked: Asked): Promise<object> {
  return deploy(asked);
}

/** One stop, a deploy that waits; what is approved here is approved there. */
export async function release({ service, commit = '' }: Asked): Promise<object> {
  const workflowId = `${workflowInfo().workflowId}/production`;
  const stop = { environment: 'production', kind: 'deploy' as const, workflowId };
  const status: ChangeStatus = {
    phase: 'approval',
    service,
    environment: '',
    commit,
    digest: '',
    change: 'c2',
    kind: 'release',
    requestedBy: 'ann@example.com',
    reason: '',
    plan: '',
    steps: [{ name: 'production: approval', state: 'running', startedAt: at, endedAt: null, attempts: 1, error: null }],
    stops: [{ ...stop, state: 'running', change: 'c1' }],
    waitingFor: {
      kind: 'child',
      what: `production: approval of ${service}`,
      since: at,
      until: null,
      who: [],
      commands: [],
      child: workflowId,
    },
    refused: { count: 0, last: [] },
    approvals: [],
    outcome: null,
  };
  setHandler(defineQuery(queryNames.status), () => status);
  setHandler(defineQuery<ReleasePlan>(queryNames.plan), () => ({
    change: 'c2',
    kind: 'release',
    service,
    commit,
    checklist: [],
    stops: [{ ...stop, from: null, approvals: [], steps: [], catalog: '' }],
  }));
  const child = startChild(deploy, { workflowId, args: [{ service, environment: 'production', commit }] });
  setHandler(defineUpdate<Promise<string>, [{ plan?: string }]>(messageNames.approve), async (payload) => {
    await (await child).signal(messageNames.approve, payload);
    return `production: approved plan ${payload.plan ?? ''}`;
  });
  await (await child).result();
  Object.assign(status, { phase: 'done', waitingFor: null });
  return { outcome: 'released' };
}

/** Keeps its freeze and nothing else. */
export async function environment({ service, environment: name }: Asked): Promise<void> {
  const status: EnvironmentStatus = {
    service,
    environment: name,
    phase: 'free',
    isOpen: true,
    number: 1,
    runs: null,
    lastKnownGood: null,
    holder: null,
    queue: [],
    freeze: null,
    stops: [],
    nextFreeze: null,
    holds: [],
    ledger: [],
    waitingFor: null,
    refused: { count: 0, last: [] },
  };
  setHandler(defineQuery(queryNames.status), () => status);
  const freeze = ({ by, reason, scope }: { by: string; reason: string; scope?: string }): string => {
    if (service === 'refusing') throw ApplicationFailure.nonRetryable('not here', 'Refused');
    Object.assign(status, { phase: 'frozen', freeze: { by, reason, since: at, until: null, scope } });
    return `frozen by ${by}${scope === undefined ? '' : ` for ${scope}`}`;
  };
  setHandler(defineUpdate<string, Parameters<typeof freeze>>(messageNames.freeze), freeze);
  setHandler(defineSignal<Parameters<typeof freeze>>(messageNames.freeze), (payload) => void freeze(payload));
  setHandler(defineUpdate<string, Parameters<typeof freeze>>(messageNames.unfreeze), freeze);
  await condition(() => false);
}

/** An incident that goes on until it is resolved; it answers follow-ups, and keeps none. */
export async function incident({ service, environment: name }: Asked): Promise<object> {
  const status = { ...openIncident, service, environment: name };
  let isResolved = false;
  setHandler(defineQuery(queryNames.status), () => status);
  setHandler(defineQuery(queryNames.timeline), () => [{ at, what: 'phase triage' }]);
  setHandler(defineUpdate<string, [object]>(messageNames.followUp), (payload) => `heard ${JSON.stringify(payload)}`);
  setHandler(defineUpdate(messageNames.resolve), () => {
    isResolved = true;
  });
  await condition(() => isResolved);
  Object.assign(status, { phase: 'done', waitingFor: null, outcome: 'resolved' });
  return { outcome: 'resolved' };
}

/** Waits a moment, as for an activity: a cancelled one ends there. */
export async function checkDrift(): Promise<object> {
  await sleep(1);
  return {
    outcome: 'no drift in 1 environment',
    places: [{ service: 'shop', environment: 'production', problems: [] }],
  };
}

/** All channels are well everywhere but in `production`; says who has asked for it. */
export async function testNotifications({ service, environment, requestedBy }: Asked): Promise<object> {
  const oncall = { name: 'oncall', kind: 'slack', verdict: 'pass', reason: 'took the message', next: null };
  if (environment !== 'production')
    return { outcome: `tested by ${requestedBy}`, service, environment, channels: [oncall] };
  const failed = { ...oncall, verdict: 'fail', reason: 'invalid_auth', next: 'see whether secret bot is still valid' };
  throw ApplicationFailure.create({
    type: 'Unhealthy',
    message: `${service} in ${environment}: 0 of 1 channel took the message`,
    nonRetryable: true,
    details: [{ service, environment, channels: [failed] }],
  });
}

/** Healthy everywhere but in `production`. */
export async function dailyChecks({ service, environment }: Asked): Promise<object> {
  const pods = { name: 'pods', verdict: 'pass', reason: '2 of 2 pods are ready' };
  const smoke = { name: 'smoke', verdict: 'inconclusive', reason: 'no Job yet' };
  if (environment !== 'production')
    return { outcome: `${service} is well`, service, environment, checks: [pods, smoke] };
  const failed = { ...pods, verdict: 'fail', reason: '1 of 2 pods are ready' };
  throw ApplicationFailure.create({
    type: 'Unhealthy',
    message: `${service} in ${environment}: 0 of 2 checks passed`,
    nonRetryable: true,
    details: [{ service, environment, checks: [failed, smoke] }],
  });
}
