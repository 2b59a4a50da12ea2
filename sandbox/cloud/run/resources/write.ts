import type { Cloud } from '../../core/cloud.ts';
import type { Operation } from '../../core/operations.ts';
import type { Call } from '../../server/pipeline.ts';
import { runMessage } from './messages.ts';
import type { NamedRequest, RunMessage } from './messages.ts';
import { now } from './metadata.ts';
import type { Timestamp } from './resources.ts';
import { concludingOperation, dryOperation } from './run-operations.ts';

/** Deletes a resource, unless the request only validates; `remove` takes it out of the state. */
export function deleteResource(
  cloud: Cloud,
  type: RunMessage,
  resource: { name: string; deleteTime?: Timestamp | null },
  { request, call, remove }: { request: Pick<NamedRequest, 'validateOnly'>; call: Call; remove: () => void },
): Operation {
  const { name } = resource;
  const deleted = runMessage(type, { ...resource, deleteTime: now() });
  if (request.validateOnly) return dryOperation(cloud, name, deleted);
  remove();
  call.effect('deleted', name);
  return concludingOperation(cloud, name, deleted);
}

/** Copies a request's resource as it will be read back from the store, so that the two compare. */
export function plain<T>(resource: T): T {
  return JSON.parse(JSON.stringify(resource)) as T;
}
