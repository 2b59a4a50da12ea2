import { randomBytes } from 'node:crypto';
import type { WorkflowInputs } from '../../contract/workflow-types.ts';

type AnyInput = WorkflowInputs[keyof WorkflowInputs];

export interface RunSubject {
  service?: string | undefined;
  environment?: string | undefined;
  commit?: string | undefined;
}

/** Names the service, the environment and the commit that an input is about. A promotion is about where it goes. */
export function subjectOf(input: AnyInput): RunSubject {
  const { service, environment, commit }: RunSubject = input;
  return { service, environment: 'from' in input ? input.to : environment, commit };
}

/**
 * Makes a workflow id that says what the run is about. Nothing derives from it: ids of runs are free (only an
 * environment's and an incident's are fixed).
 */
export function newRunId(workflowType: keyof WorkflowInputs, input: AnyInput): string {
  const { service, environment, commit } = subjectOf(input);
  const random = randomBytes(3).toString('hex');
  return [workflowType, service, environment, commit?.slice(0, 8), random].filter(Boolean).join('-');
}
