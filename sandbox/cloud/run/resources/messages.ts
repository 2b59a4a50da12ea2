import type { TypedMessage } from '../../core/operations.ts';
import { loadProtos } from '../../server/protos.ts';

/** Descriptors of Cloud Run's own npm package. */
export const runProtos = loadProtos('@google-cloud/run');

export type RunMessage = 'Service' | 'Revision' | 'Job' | 'Execution';

/** Gives a resource its type's name, for an operation's metadata and response. */
export function runMessage(type: RunMessage, value: object): TypedMessage {
  return { protos: runProtos, type: `google.cloud.run.v2.${type}`, value };
}

/** Finds the descriptor of a resource's type. */
export function messageType(type: RunMessage) {
  return runProtos.root.lookupType(`google.cloud.run.v2.${type}`);
}

/** Fields that requests for one resource have alike. */
export interface NamedRequest {
  name: string;
  etag: string;
  validateOnly: boolean;
}

/** Fields that requests for a list have alike. */
export interface ListRequest {
  parent: string;
  pageSize: number;
  pageToken: string;
}
