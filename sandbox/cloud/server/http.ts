import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { asRpcError } from './errors.ts';
import type { CodeName, RpcError } from './errors.ts';
import { strangerRefusal } from './strangers.ts';

/** A request with its path already matched and decoded. */
export interface HttpRequest {
  method: string;
  url: URL;
  /** Groups of the route's path. */
  params: Record<string, string>;
  message: IncomingMessage;
  /** Reads the whole body, at most 512 MiB. */
  body(): Promise<Buffer>;
  json(): Promise<unknown>;
}

/** One route. The first that matches wins; a path is matched as it was sent, still percent-encoded. */
export interface HttpRoute {
  method: string | string[];
  path: RegExp;
  handle(request: HttpRequest, response: ServerResponse): Promise<void> | void;
}

const maxBodyBytes = 512 << 20;

/** Serves the routes on 127.0.0.1, to programs of this machine. */
export async function serveHttp(routes: HttpRoute[], port: number): Promise<{ server: Server; port: number }> {
  const server = createServer((message, response) => {
    dispatch(routes, message, response).catch((error: unknown) => sendError(response, asRpcError(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : port };
}

async function dispatch(routes: HttpRoute[], message: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = strangerRefusal(message);
  if (refusal) return refuse(response, refusal);
  const method = message.method ?? 'GET';
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  for (const route of routes) {
    if (![route.method].flat().includes(method)) continue;
    const match = route.path.exec(url.pathname);
    if (match) return await route.handle(toRequest(message, method, url, match), response);
  }
  sendJson(response, 404, { error: { code: 404, message: `No ${method} ${url.pathname} here.`, status: 'NOT_FOUND' } });
}

/** Answers without the body having been read, so the connection ends. */
function refuse(response: ServerResponse, { status, reason }: { status: number; reason: string }): void {
  response.setHeader('connection', 'close');
  sendJson(response, status, { error: { code: status, message: reason, status: 'PERMISSION_DENIED' } });
}

function toRequest(message: IncomingMessage, method: string, url: URL, match: RegExpExecArray): HttpRequest {
  const body = async (): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBodyBytes) throw new Error('the request body is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    method,
    url,
    message,
    body,
    params: { ...match.groups },
    json: async () => {
      const text = (await body()).toString();
      return text === '' ? {} : (JSON.parse(text) as unknown);
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const httpStatus: Partial<Record<CodeName, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** Sends an error in the JSON form of Google's REST APIs. */
function sendError(response: ServerResponse, error: RpcError): void {
  if (response.headersSent) return void response.destroy();
  const code = httpStatus[error.code] ?? 500;
  const details = error.details.map((each) => ({ '@type': `type.googleapis.com/${each.type}`, ...each.value }));
  sendJson(response, code, {
    error: { code, message: error.message, status: error.code, ...(details.length > 0 && { details }) },
  });
}
