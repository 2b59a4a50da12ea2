import {
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  ChildWorkflowFailure,
  ParentClosePolicy,
  isCancellation,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { MitigationState } from '../../contract/incident/status.ts';
import type { deploy } from '../deploy.ts';
import type { MitigationName } from '../../contract/incident/category.ts';
import type { restart } from '../restart.ts';
import type { rollback } from '../rollback.ts';
import type { switchTraffic } from '../operations/switch-traffic.ts';
import { childFailure, isExpected, messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';
import type { Mitigation } from './inbox.ts';

/**
 * Carries out what a person has asked for as a change of its own, under the environment's rules; it goes on even if
 * this incident is ended by force. Whatever becomes of it, the incident lives on and says so.
 */
export async function mitigate(incident: Incident, payload: Mitigation): Promise<void> {
  const { run } = incident;
  const { record } = run;
  const { mitigations } = record.status;
  const { action: name } = payload;
  const step = `mitigation-${mitigations.length + 1}`;
  const state: MitigationState = {
    name,
    by: payload.by,
    workflowId: `${workflowInfo().workflowId}/${step}`,
    firstExecutionRunId: null,
    startedAt: now(),
    endedAt: null,
    outcome: null,
    succeeded: null,
  };
  mitigations.push(state);
  record.steps.begin(step);
  record.enter('mitigating', waitForChild(state));
  incident.notifier.tell(incident, 'mitigationStarted', `${name} started by ${payload.by}`);
  const { succeeded, outcome } = await carryOut(incident, payload, state);
  Object.assign(state, { succeeded, outcome, endedAt: now() });
  const end = succeeded ? `${name} succeeded` : `${name} failed`;
  incident.notifier.tell(incident, 'mitigationEnded', `${end}: ${outcome}`);
  record.steps.end(step, succeeded ? 'passed' : 'failed', succeeded ? { detail: outcome } : { error: outcome });
}

async function carryOut(
  { run, entry }: Incident,
  payload: Mitigation,
  state: MitigationState,
): Promise<{ succeeded: boolean; outcome: string }> {
  const { action, by, note } = payload;
  const { service, environment } = entry;
  const reason = [`incident ${run.id}: ${run.record.status.title}`, note ?? '']
    .filter(Boolean)
    .join('; ')
    .slice(0, 2000);
  const options = {
    workflowId: state.workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${action} of ${service} in ${environment}, incident ${run.id}`.slice(0, 200),
  };
  try {
    const child = await start[action]({ service, environment, requestedBy: by, reason }, payload, options);
    state.firstExecutionRunId = child.firstExecutionRunId;
    const { outcome } = await child.result();
    return { succeeded: true, outcome };
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ChildWorkflowFailure || isExpected(error))) throw error;
    return { succeeded: false, outcome: messageOf(childFailure(error)) };
  }
}

/** What every child is asked with. */
interface ChildRequest {
  service: string;
  environment: string;
  requestedBy: string;
  reason: string;
}

type StartChild = (
  request: ChildRequest,
  payload: Mitigation,
  options: Omit<ChildWorkflowOptions, 'args'>,
) => Promise<Pick<ChildWorkflowHandle<() => Promise<{ outcome: string }>>, 'firstExecutionRunId' | 'result'>>;

/** Starts each mitigation as a run of its own. A further one is a name in `contract/incident/` and a line here. */
const start = {
  rollback: (request, { to }, options) =>
    startChild<typeof rollback>('rollback', { ...options, args: [{ ...request, ...(to ? { to } : {}) }] }),
  restart: (request, _payload, options) => startChild<typeof restart>('restart', { ...options, args: [request] }),
  disableTraffic: (request, { switch: name }, options) =>
    startChild<typeof switchTraffic>('switchTraffic', {
      ...options,
      args: [{ ...request, switch: name, to: 'disabled' }],
    }),
  deploy: (request, { commit }, options) =>
    startChild<typeof deploy>('deploy', { ...options, args: [{ ...request, commit }] }),
} satisfies Record<MitigationName, StartChild>;

function waitForChild({ name, by, workflowId, startedAt }: MitigationState) {
  return {
    kind: 'child' as const,
    what: `${name} by ${by}`,
    since: startedAt,
    until: null,
    who: [],
    commands: [`./slipway status ${workflowId}`],
    child: workflowId,
  };
}
