import type { TypedMessage } from '../../core/operations.ts';
import { loadProtos } from '../../core/protos.ts';

/** Descriptors of Cloud Run's own npm package. */
export const runProtos = loadProtos('@google-cloud/run');

export type RunMessage = 'Service' | 'Revision' | 'Job' | 'Execution';

/** A resource with its type's name, for an operation's metadata and response. */
export function runMessage(type: RunMessage, value: object): TypedMessage {
  return { protos: runProtos, type: `google.cloud.run.v2.${type}`, value };
}

export function messageType(type: RunMessage) {
  return runProtos.root.lookupType(`google.cloud.run.v2.${type}`);
}
