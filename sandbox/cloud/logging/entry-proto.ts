import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer';
import { loadProtos, plainMessage } from '../server/protos.ts';
import { addAuditLog } from './audit-log.ts';
import type { EntryJson, JsonObject } from './entry.ts';

/** Since version 11.4 of the logging client its descriptors live in this package. */
export const loggingProtos = loadProtos('@google-cloud/logging-api');
addAuditLog(loggingProtos.root);

const entryType = loggingProtos.root.lookupType('google.logging.v2.LogEntry');

interface Packed {
  type_url: string;
  value: Buffer;
}

/** Translates a google.logging.v2.LogEntry of a gRPC request to its JSON form. */
export function entryToJson(message: object): JsonObject {
  const { protoPayload, ...rest } = message as { protoPayload?: Packed | null };
  const json = toProto3JSON(entryType.fromObject(rest)) as JsonObject;
  if (protoPayload) json['protoPayload'] = payloadToJson(protoPayload);
  return json;
}

/** Translates an entry's JSON form to what a gRPC handler answers. */
export function entryToMessage(entry: EntryJson): object {
  const { protoPayload, ...rest } = entry;
  const message = entryType.toObject(fromProto3JSON(entryType, rest as never) ?? entryType.create(), {
    ...plainMessage,
    defaults: false,
  });
  const payload = protoPayload as JsonObject | undefined;
  return typeof payload?.['@type'] === 'string' ? { ...message, protoPayload: payloadToMessage(payload) } : message;
}

/** Bytes of a type that is not among these descriptors are kept as they came. */
function payloadToJson({ type_url, value }: Packed): JsonObject {
  const type = payloadType(type_url);
  if (!type) return { '@type': type_url, value: value.toString('base64') };
  return { '@type': type_url, ...(toProto3JSON(type.decode(value)) as JsonObject) };
}

function payloadToMessage({ '@type': url, ...fields }: JsonObject): Packed {
  const type_url = String(url);
  const type = payloadType(type_url);
  const message = type && fromProto3JSON(type, fields as never);
  if (message) return { type_url, value: Buffer.from(type.encode(message).finish()) };
  const bytes = typeof fields['value'] === 'string' ? fields['value'] : '';
  return { type_url, value: Buffer.from(bytes, 'base64') };
}

function payloadType(url: string) {
  const name = url.slice(url.lastIndexOf('/') + 1);
  return name === 'google.cloud.audit.AuditLog' ? loggingProtos.root.lookupType(name) : undefined;
}
