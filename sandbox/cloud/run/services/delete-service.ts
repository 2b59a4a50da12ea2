import { RpcError } from '../../server/errors.ts';
import { pause } from '../../server/tempo.ts';
import type { Call } from '../../server/pipeline.ts';
import type { Operation } from '../../core/operations.ts';
import type { NamedRequest } from '../resources/messages.ts';
import { condition, etagOf, nextMetadata } from '../resources/metadata.ts';
import { locationName, shortName } from '../resources/names.ts';
import type { Service } from '../resources/resources.ts';
import { checkEtag, dryOperation } from '../resources/run-operations.ts';
import type { ReconcilerParts } from './service-reconciler.ts';
import { pendingAgain } from './service-resource.ts';
import { serviceMessage } from './shown-service.ts';

const kind = 'run.service.deletion';

/** Platform: seconds from a deletion to Service.expire_time, 30 days. */
const expirySeconds = 30 * 24 * 3600;

/** Begins to delete a service: it is there until its operation is done. A repeat finds the operation that runs. */
export function deleteService(parts: ReconcilerParts, service: Service, request: NamedRequest, call: Call): Operation {
  const { cloud, state } = parts;
  checkEtag(service.name, service.etag, request.etag);
  const running = cloud.operations.pending(kind).find(({ target }) => target === service.name);
  if (running) return cloud.operations.get(running.name);
  const next = { ...service, ...nextMetadata(service) };
  const deleting: Service = {
    ...next,
    deleteTime: next.updateTime,
    expireTime: { ...next.updateTime, seconds: String(Number(next.updateTime.seconds) + expirySeconds) },
    reconciling: true,
    terminalCondition: pendingAgain(service.terminalCondition),
    etag: etagOf(cloud.world.now, next),
  };
  if (request.validateOnly) return dryOperation(cloud, service.name, serviceMessage(parts, deleting));
  state.services.put(service.name, deleting);
  call.effect('deleted', service.name);
  const operation = cloud.operations.create({
    ...{ parent: locationName(cloud), kind, target: service.name, metadata: serviceMessage(parts, deleting) },
  });
  void pause(cloud.tempo.operationMs).then(() => conclude(parts, deleting, operation.name));
  return operation;
}

/** Refuses a write to a service that is being deleted. */
export function refuseDeleted({ name, deleteTime }: Service): void {
  if (deleteTime) throw new RpcError('FAILED_PRECONDITION', `Service '${shortName(name)}' is being deleted.`);
}

/** Ends the deletions that a killed process left. */
export function resumeDeletions(parts: ReconcilerParts): void {
  for (const { name, target } of parts.cloud.operations.pending(kind)) {
    const service = parts.state.services.get(target);
    if (service) conclude(parts, service, name);
    else parts.cloud.operations.conclude(name);
  }
}

function conclude(parts: ReconcilerParts, service: Service, operation: string): void {
  const { cloud, state, instances, proxy } = parts;
  state.services.delete(service.name);
  state.revisionCounts.delete(service.name);
  for (const revision of state.revisions.list(`${service.name}/revisions/`)) state.revisions.delete(revision.name);
  instances.keep(service.name, new Set());
  for (const uri of [service.uri, ...service.trafficStatuses.map((status) => status.uri)])
    if (uri !== '') proxy.close(Number(new URL(uri).port));
  const { updateTime } = nextMetadata(service);
  const gone: Service = {
    ...service,
    ...{ updateTime, reconciling: false, observedGeneration: service.generation },
    terminalCondition: condition('Ready', 'CONDITION_SUCCEEDED'),
  };
  cloud.operations.complete(operation, serviceMessage(parts, { ...gone, etag: etagOf(cloud.world.now, gone) }));
}
