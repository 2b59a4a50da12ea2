import protobuf from 'protobufjs';
import { RpcError, statusCode } from '../server/errors.ts';
import { statusProtos } from '../server/protos.ts';

const DETAIL = 'google.logging.v2.WriteLogEntriesPartialErrors';

/** Adds Logging's own detail to the descriptors of google.rpc, once. Details are encoded with those. */
function defineDetail(): void {
  const { root } = statusProtos();
  if (root.lookup(DETAIL) !== null) return;
  const type = new protobuf.Type('WriteLogEntriesPartialErrors');
  type.add(new protobuf.MapField('logEntryErrors', 1, 'int32', 'google.rpc.Status'));
  root.define('google.logging.v2').add(type);
}

/** Makes the answer to a write with bad entries. Platform: WriteLogEntriesPartialErrors names each by its index. */
export function partialErrors(errors: Readonly<Record<number, RpcError>>, summary: string): RpcError {
  defineDetail();
  const all = Object.entries(errors);
  const logEntryErrors = Object.fromEntries(
    all.map(([index, error]) => [index, { code: statusCode(error.code), message: error.message }]),
  );
  const reasons = all.map(([index, error]) => `entries[${index}]: ${error.message}`).join('; ');
  return new RpcError(all[0]?.[1].code ?? 'INVALID_ARGUMENT', `${summary}: ${reasons}`, [
    { type: DETAIL, value: { logEntryErrors } },
  ]);
}
