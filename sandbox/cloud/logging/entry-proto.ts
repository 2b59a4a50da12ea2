import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { loadProtos, plainMessage } from '../server/protos.ts';
import type { EntryJson, JsonObject } from './entry.ts';

/** Since version 11.4 of the logging client its descriptors live in this package. */
export const loggingProtos = loadProtos('@google-cloud/logging-api');

const entryType = loggingProtos.root.lookupType('google.logging.v2.LogEntry');

/** Translates a google.logging.v2.LogEntry of a gRPC request to its JSON form. */
export function entryToJson(message: object): JsonObject {
  const { protoPayload, ...rest } = message as { protoPayload?: { type_url: string; value: Buffer } | null };
  const json = toProto3JSON(entryType.fromObject(rest)) as JsonObject;
  // The payload's own type is not among these descriptors; its bytes are kept as they came.
  if (protoPayload)
    json['protoPayload'] = { '@type': protoPayload.type_url, value: protoPayload.value.toString('base64') };
  return json;
}

/** Translates an entry's JSON form to what a gRPC handler answers. */
export function entryToMessage(entry: EntryJson): object {
  const { protoPayload, ...rest } = entry;
  const message = entryType.toObject(fromProto3JSON(entryType, rest as never) ?? entryType.create(), {
    ...plainMessage,
    defaults: false,
  });
  const any = protoPayload as { '@type'?: string; value?: string } | undefined;
  if (any?.['@type'] === undefined) return message;
  return { ...message, protoPayload: { type_url: any['@type'], value: Buffer.from(any.value ?? '', 'base64') } };
}
