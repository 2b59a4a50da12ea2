import type { ServerResponse } from 'node:http';
import type { Cloud } from '../core/cloud.ts';
import { asRpcError } from '../server/errors.ts';
import type { RpcError } from '../server/errors.ts';
import type { HttpRequest, HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';
import type { Call } from '../server/pipeline.ts';
import { NotModified } from './preconditions.ts';

/** A handler's answer; it is sent once the call was recorded. */
export interface Answer {
  status?: number;
  headers?: Record<string, string | number>;
  json?: unknown;
  bytes?: Buffer;
}

export type StorageHandler = (request: HttpRequest, call: Call) => Promise<Answer> | Answer;

/** Makes a route of one method of the JSON API. The call log has the name of its google.storage.v2 counterpart. */
export function storageRoute(
  cloud: Cloud,
  verb: string | string[],
  path: RegExp,
  rpc: string | ((request: HttpRequest) => string),
  handler: StorageHandler,
): HttpRoute {
  return {
    method: verb,
    path,
    handle: async (request, response) => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const metadata = (name: string): string | undefined => [request.message.headers[name]].flat()[0];
      const method = `google.storage.v2.Storage/${typeof rpc === 'string' ? rpc : rpc(request)}`;
      const incoming = { method, request: { name: resourceOf(request) }, metadata, signal: gone.signal };
      try {
        // "Not modified" is an answer to a reader and no failed call.
        const answer = await cloud.pipeline.run(incoming, async (call) => {
          try {
            return await handler(request, call);
          } catch (error) {
            if (error instanceof NotModified) return { status: 304 };
            throw error;
          }
        });
        send(response, answer);
      } catch (error) {
        sendStorageError(response, asRpcError(error));
      }
    },
  };
}

function resourceOf(request: HttpRequest): string {
  const { bucket, object } = request.params;
  const name = object ?? request.url.searchParams.get('name');
  if (bucket === undefined) return '';
  return name ? `projects/_/buckets/${bucket}/objects/${decodeURIComponent(name)}` : `projects/_/buckets/${bucket}`;
}

function send(response: ServerResponse, answer: Answer): void {
  const { status = 200, headers = {} } = answer;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (answer.json !== undefined) return sendJson(response, status, answer.json);
  if (status !== 304 && status !== 204) response.setHeader('content-length', answer.bytes?.length ?? 0);
  response.writeHead(status);
  response.end(answer.bytes);
}

const STATUS: Partial<Record<RpcError['code'], [status: number, reason: string]>> = {
  INVALID_ARGUMENT: [400, 'invalid'],
  PERMISSION_DENIED: [403, 'forbidden'],
  NOT_FOUND: [404, 'notFound'],
  ALREADY_EXISTS: [409, 'conflict'],
  FAILED_PRECONDITION: [412, 'conditionNotMet'],
  OUT_OF_RANGE: [416, 'requestedRangeNotSatisfiable'],
  RESOURCE_EXHAUSTED: [429, 'rateLimitExceeded'],
  UNAVAILABLE: [503, 'backendError'],
};

/** Sends an error in the form of the Cloud Storage JSON API, which has 412 for an unmet precondition. */
function sendStorageError(response: ServerResponse, error: RpcError): void {
  const [code, reason] = STATUS[error.code] ?? [500, 'internalError'];
  const { message } = error;
  sendJson(response, code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } });
}
