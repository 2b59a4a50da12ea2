import { RpcError } from '../server/errors.ts';
import type { ObjectRecord } from './object-store.ts';

/** Answers 304 where a reader already has what it asks for. */
export class NotModified extends Error {
  override readonly name = 'NotModified';
}

/** Checks `ifGenerationMatch` and its like. Platform: generation 0 means "no live object". */
export function checkPreconditions(
  parameters: URLSearchParams,
  object: ObjectRecord | undefined,
  isRead = false,
): void {
  const generation = object?.generation ?? '0';
  const metageneration = object?.metageneration ?? '0';
  require(parameters, 'ifGenerationMatch', (wanted) => wanted === generation);
  require(parameters, 'ifMetagenerationMatch', (wanted) => wanted === metageneration);
  const differs = (name: string, actual: string): void => {
    const unwanted = parameters.get(name);
    if (unwanted === null || unwanted !== actual) return;
    if (isRead) throw new NotModified();
    throw unmet();
  };
  differs('ifGenerationNotMatch', generation);
  differs('ifMetagenerationNotMatch', metageneration);
}

function require(parameters: URLSearchParams, name: string, holds: (wanted: string) => boolean): void {
  const wanted = parameters.get(name);
  if (wanted === null) return;
  if (!/^\d+$/.test(wanted)) throw new RpcError('INVALID_ARGUMENT', `Invalid value for ${name}: '${wanted}'.`);
  if (!holds(wanted)) throw unmet();
}

function unmet(): RpcError {
  return new RpcError('FAILED_PRECONDITION', 'At least one of the pre-conditions you specified did not hold.');
}
