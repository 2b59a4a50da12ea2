import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import { bellNames, type CallerBell } from '../../contract/bells.ts';
import { failedGateCause, incidentWorkflowId } from '../../contract/ids.ts';
import type { IncidentResult } from '../../contract/incident/status.ts';
import type { IncidentInput } from '../../contract/inputs.ts';
import { gatesUnderTraffic, incidentInputOfChange } from '../../contract/step-back.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import { messageOf } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Parts } from './change.ts';
import type { Restored } from './steps/restore.ts';

const maxTextLength = 600;
/** An incident may end between the look for it and the bell: then another one begins. */
const maxTries = 3;

type EndOfRestore = Pick<Restored, 'problem' | 'serving'> & { why: string; startedAt: string };

/** Records that a change was taken back, if it was a gate under traffic that failed: its status answers it. */
export function recordStepBack(
  { kind, run }: Parts<'kind' | 'run'>,
  { why, startedAt, problem, serving }: EndOfRestore,
): void {
  const { status } = run.record;
  const failed = status.steps.filter(({ state }) => state === 'failed' || state === 'parked');
  const gate = gatesUnderTraffic.find((one) => failed.some(({ name }) => name === one));
  if (gate === undefined || (kind !== 'deploy' && kind !== 'promote')) return;
  status.stepBack = {
    gate,
    why: why.slice(0, maxTextLength),
    shiftedAt: status.steps.find(({ name }) => name === 'shift')?.endedAt ?? null,
    restore: {
      startedAt,
      endedAt: now(),
      succeeded: problem === '',
      outcome: (problem || serving).slice(0, maxTextLength),
    },
  };
}

/**
 * Opens an incident of a change that was taken back, or has the one that lives hear of it. The server does both by
 * itself, so that no death of a worker loses it. Whatever becomes of it, the change ends as it would have ended.
 */
export async function openIncident({ entry, run }: Parts<'entry' | 'run'>): Promise<void> {
  const { service, environment, settings } = entry;
  const { record } = run;
  const { stepBack } = record.status;
  // An environment that says nothing of incidents has nobody who answers them.
  if (!stepBack || !settings.incidents || settings.incidents.openAfterFailedGate === false) return;
  if (!patched('incident-after-failed-gate')) return;
  const { kind, commit, change } = record.status;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const opening = { kind, commit, change, workflowId, firstExecutionRunId, stepBack };
  const input = incidentInputOfChange({ service, environment }, opening);
  const incident = incidentWorkflowId(service, environment, failedGateCause);
  try {
    record.note(`${await startOrJoin(incident, input)} ${incident}`);
  } catch (error) {
    record.note(
      `no incident could be opened: ${messageOf(error)}; open it by hand: ` +
        `./slipway incident open ${service} --environment ${environment} --title '${input.title}'`,
    );
  }
}

async function startOrJoin(incident: string, input: IncidentInput & { change: CallerBell }): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      await startChild<(input: IncidentInput) => Promise<IncidentResult>>(workflowTypes.incident, {
        workflowId: incident,
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `${workflowTypes.incident} ${input.service} ${input.environment}`,
      });
      return 'opened';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      await getExternalWorkflowHandle(incident).signal(bellNames.steppedBack, input.change);
      return 'joined';
    } catch (error) {
      if (tries >= maxTries) throw error;
    }
  }
}
