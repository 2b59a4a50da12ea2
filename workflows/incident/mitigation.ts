import {
  CancellationScope,
  ChildWorkflowFailure,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { MitigationState } from '../../contract/incident/status.ts';
import type { MitigationName } from '../../contract/incident/category.ts';
import { slipwayLine } from '../../contract/shell-word.ts';
import type { ChangeType } from '../../contract/workflow-types.ts';
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
    ...(payload.signedWith !== undefined && { signedWith: payload.signedWith }),
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
    const { type, fieldsOf }: MitigationRun = runs[action];
    const args = [{ service, environment, requestedBy: by, reason, ...fieldsOf(payload) }] as [object];
    const child = await startChild<(input: unknown) => Promise<{ outcome: string }>>(type, { ...options, args });
    state.firstExecutionRunId = child.firstExecutionRunId;
    const { outcome } = await child.result();
    return { succeeded: true, outcome };
  } catch (error) {
    // A change that somebody has cancelled is a failed one; only the incident's own end is none.
    const isOwnEnd = CancellationScope.current().consideredCancelled;
    if (isOwnEnd || !(error instanceof ChildWorkflowFailure || isExpected(error))) throw error;
    return { succeeded: false, outcome: messageOf(childFailure(error)) };
  }
}

/** The run of a mitigation: its type, and what its input has besides who asks for what and why. */
interface MitigationRun {
  type: ChangeType;
  fieldsOf(payload: Mitigation): object;
}

/** Names the run of each mitigation. A further one is a name in `contract/incident/category.ts` and a line here. */
const runs = {
  rollback: { type: 'rollback', fieldsOf: ({ to }) => (to ? { to } : {}) },
  restart: { type: 'restart', fieldsOf: () => ({}) },
  disableTraffic: { type: 'switchTraffic', fieldsOf: ({ switch: name }) => ({ switch: name, to: 'disabled' }) },
  deploy: { type: 'deploy', fieldsOf: ({ commit }) => ({ commit }) },
} satisfies Record<MitigationName, MitigationRun>;

function waitForChild({ name, by, workflowId, startedAt }: MitigationState) {
  return {
    kind: 'child' as const,
    what: `${name} by ${by}`,
    since: startedAt,
    until: null,
    who: [],
    commands: [slipwayLine('status', workflowId)],
    child: workflowId,
  };
}
