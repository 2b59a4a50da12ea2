import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { BellName, EnvironmentBell } from '../../contract/bells.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { messageOf } from '../run/failures.ts';
import type { EnvironmentRecord } from './record.ts';

/** Rings a bell of a run, which asks back. A run that is gone is noticed by following it. */
export async function notifyRun(record: EnvironmentRecord, workflowId: string, name: BellName): Promise<void> {
  const { service, environment } = record.place;
  const bell: EnvironmentBell = { environment: environmentWorkflowId(service, environment) };
  await getExternalWorkflowHandle(workflowId)
    .signal(name, bell)
    .catch((error: unknown) => record.note(`${workflowId} could not be told (${name}): ${messageOf(error)}`));
}
