import { protos } from '@google-cloud/run';
import type { Estate } from '../test/end-to-end/estate.ts';
import type { Platform } from '../test/end-to-end/platform.ts';
import { callOptions } from '../sandbox/seed/calls.ts';

const { Execution, Job, Service } = protos.google.cloud.run.v2;
type Timestamp = protos.google.protobuf.ITimestamp;

interface Packed {
  type_url?: string | null;
  value?: Uint8Array | string | null;
}

/**
 * Reads when the platform finished each change of an estate's service and job, in milliseconds. It takes the times that
 * the resources in the operations' responses state, not when somebody looked. Platform: Operations.ListOperations,
 * Service and Job terminal_condition, Execution completion_time.
 */
export async function operationEnds({ clients, address }: Platform, { name, job }: Estate): Promise<number[]> {
  const parent = `projects/${address.project}/locations/${address.region}`;
  const ends: number[] = [];
  for await (const { response } of clients.services.operationsClient.listOperationsAsync({ name: parent } as never, {
    ...callOptions,
    autoPaginate: false,
  })) {
    const ended = response ? endOf(response, [`/services/${name}`, `/jobs/${job}`]) : undefined;
    if (ended) ends.push(ended);
  }
  return ends.sort((a, b) => a - b);
}

function endOf({ type_url: type, value }: Packed, resources: readonly string[]): number | undefined {
  const bytes = value as Uint8Array;
  if (type?.endsWith('.Execution')) {
    const { name, completionTime } = Execution.decode(bytes);
    return resources.some((resource) => name.includes(`${resource}/executions/`))
      ? milliseconds(completionTime)
      : undefined;
  }
  if (!type?.endsWith('.Service') && !type?.endsWith('.Job')) return undefined;
  const { name, terminalCondition } = type.endsWith('.Service') ? Service.decode(bytes) : Job.decode(bytes);
  return resources.some((resource) => name.endsWith(resource))
    ? milliseconds(terminalCondition?.lastTransitionTime)
    : undefined;
}

function milliseconds(time: Timestamp | null | undefined): number | undefined {
  return time ? Number(time.seconds) * 1_000 + (time.nanos ?? 0) / 1_000_000 : undefined;
}
