import type { Cloud } from '../../core/cloud.ts';
import { RpcError } from '../../server/errors.ts';
import type { Operation, TypedMessage } from '../../core/operations.ts';
import { pause } from '../../server/tempo.ts';
import { locationName, shortName } from './names.ts';

/** Operations that only need their time; taken up after a restart by `concludeLeftovers`. */
const concludingKind = 'run.concluding';

/** Answers a request with `validateOnly`: an operation that is done at once, with what would have been. */
export function dryOperation(cloud: Cloud, target: string, resource: TypedMessage): Operation {
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind: concludingKind,
    target,
    metadata: resource,
  });
  cloud.operations.complete(operation.name, resource);
  return cloud.operations.get(operation.name);
}

/** Creates an operation for a change that is made already; it is done when an operation's time has passed. */
export function concludingOperation(cloud: Cloud, target: string, resource: TypedMessage): Operation {
  const operation = cloud.operations.create({
    parent: locationName(cloud),
    kind: concludingKind,
    target,
    metadata: resource,
  });
  void pause(cloud.tempo.operationMs).then(() => cloud.operations.conclude(operation.name));
  return operation;
}

export function concludeLeftovers(cloud: Cloud): void {
  for (const operation of cloud.operations.pending(concludingKind)) cloud.operations.conclude(operation.name);
}

/**
 * Refuses a write with another etag than the present one. Platform: it is ABORTED; one without an etag is not checked.
 */
export function checkEtag(name: string, present: string, given: string): void {
  if (given === '' || given === present) return;
  throw new RpcError(
    'ABORTED',
    `Conflict for resource '${shortName(name)}': version '${given}' was specified but current version is '${present}'.`,
  );
}
