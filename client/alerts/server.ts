import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen, type Endpoint } from '../cli/listening.ts';
import { readText } from './request-body.ts';
import type { Receiver } from './receiver.ts';
import { isAuthorized } from './token.ts';

/** The most requests at once: each may hold a body of 5 MB. */
const maxRequests = 100;
/** Limits what is under way when the server ends. */
const endMs = 5_000;
/** Alertmanager keeps connections open for five minutes; one that closes under its next request costs a repeat. */
const keepAliveMs = 330_000;

export interface AlertsServer {
  /** The address that Alertmanager posts to. */
  url: string;
  /** Takes no more, finishes what is under way, and ends. */
  close(): Promise<void>;
}

interface Options extends Endpoint {
  receiver: Receiver;
  token: string;
}

interface Reply {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** Serves the receiver. Throws a CommandError when it cannot listen. */
export async function serveAlerts({ receiver, token, host, port }: Options): Promise<AlertsServer> {
  let requests = 0;
  let closing = false;
  const reply = async (request: IncomingMessage): Promise<Reply | 'brokenOff'> => {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (path === '/healthz') return replyHealth(request, receiver);
    if (path !== '/v1/alerts') return refuse(404, 'there are POST /v1/alerts and GET /healthz');
    const refusal = refusalOf(request, token);
    if (refusal) return refusal;
    if (requests > maxRequests) return refuse(503, `${maxRequests} requests are under way`);
    const read = await readText(request);
    if (read === 'brokenOff') return read;
    if (read === 'tooSlow') return refuse(503, 'the body did not come in time');
    return 'text' in read ? receiver.receive(read.text) : refuse(413, read.problem);
  };
  const server = createServer((request, response) => {
    requests += 1;
    const answering = reply(request).catch((error: unknown) => refuse(503, `a defect: ${String(error)}`));
    void answering.then((answer) => {
      requests -= 1;
      if (answer === 'brokenOff') return receiver.brokeOff();
      receiver.answered(answer.status);
      send(response, closing ? { ...answer, headers: { ...answer.headers, connection: 'close' } } : answer);
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  const root = await listen(server, { host, port });
  return {
    url: `${root}v1/alerts`,
    close: async () => {
      closing = true;
      await closeServer(server, endMs);
      await Promise.race([receiver.idle(), new Promise((resolve) => setTimeout(resolve, endMs).unref())]);
    },
  };
}

function replyHealth({ method }: IncomingMessage, receiver: Receiver): Reply {
  return method === 'GET' || method === 'HEAD'
    ? { status: 200, body: receiver.health() }
    : refuse(405, 'only GET', { allow: 'GET' });
}

/** Refuses what needs no look at the body. A wrong token comes first: a stranger learns nothing else. */
function refusalOf({ method, headers }: IncomingMessage, token: string): Reply | null {
  if (!isAuthorized(headers.authorization, token))
    return refuse(401, 'the token is missing or wrong', { 'www-authenticate': 'Bearer realm="slipway alerts"' });
  if (method !== 'POST') return refuse(405, 'only POST', { allow: 'POST' });
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return refuse(415, 'the content type must be application/json');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return refuse(415, 'the body must not be compressed');
  return null;
}

function refuse(status: number, error: string, headers: Record<string, string> = {}): Reply {
  return { status, body: { error }, headers };
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}
