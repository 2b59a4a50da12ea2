import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { momentText } from '../view/time.ts';
import { closeServer, listen, type Endpoint } from '../cli/listening.ts';
import { projectFolder } from '../cli/project-folder.ts';
import { boardContent, boardPage } from './html/page.ts';
import { icon, style } from './html/style.ts';
import { refusalOf } from './refusal.ts';
import type { BoardSource } from './source.ts';

/** What is under way when the server ends gets so long. */
const endMs = 1_000;

/**
 * Lets nothing in but files of this server, and nothing out to a form or a frame (MDN, Content-Security-Policy). No
 * script stands in the page itself, so that no text of a stranger can become one.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface BoardServer {
  /** The address of the page. */
  url: string;
  close(): Promise<void>;
}

interface Options extends Endpoint {
  source: BoardSource;
  /** Names by which it may be called besides those of this machine. */
  names: readonly string[];
}

interface Reply {
  status: number;
  type: string;
  body: string;
  etag?: string;
}

const files: Record<string, () => Promise<Omit<Reply, 'status'>> | Omit<Reply, 'status'>> = {
  '/board.css': () => ({ type: 'text/css', body: style }),
  '/board.svg': () => ({ type: 'image/svg+xml', body: icon }),
  '/board.js': async () => ({ type: 'text/javascript', body: await readFile(script, 'utf8') }),
};
const script = path.join(projectFolder, 'client', 'board', 'page.js');

/** Serves the page, which only reads. Throws a CommandError when it cannot listen. */
export async function serveBoard({ source, host, port, names }: Options): Promise<BoardServer> {
  const server = createServer((request, response) => {
    void answer(source, request, [host, ...names])
      .catch((error: unknown) => refuse(500, `a defect: ${String(error)}`))
      .then((reply) => send(request, response, reply));
  });
  const url = await listen(server, { host, port });
  return { url, close: async () => closeServer(server, endMs) };
}

async function answer(source: BoardSource, request: IncomingMessage, names: readonly string[]): Promise<Reply> {
  const refusal = refusalOf(request, names);
  if (refusal) return refuse(refusal.status, refusal.reason);
  const page = (request.url ?? '').replace(/\?.*$/, '');
  const file = files[page];
  if (file) return { status: 200, ...(await file()) };
  switch (page) {
    case '/':
      return { status: 200, type: 'text/html', body: boardPage(await source.current()) };
    case '/board':
      return fresh(request, { status: 200, type: 'text/html', body: boardContent(await source.current()) });
    case '/board.json':
      return { status: 200, type: 'application/json', body: JSON.stringify(await source.current()) };
    default:
      return refuse(404, 'there is only the page at /, and its data at /board.json');
  }
}

/** Sends the content only where it is not what the page has. */
function fresh({ headers: { 'if-none-match': version } }: IncomingMessage, reply: Reply): Reply {
  const etag = `"${createHash('sha256').update(reply.body).digest('base64url')}"`;
  return version === etag ? { ...reply, status: 304, body: '', etag } : { ...reply, etag };
}

function refuse(status: number, reason: string): Reply {
  return { status, type: 'text/plain', body: `${reason}\n` };
}

function send({ method }: IncomingMessage, response: ServerResponse, { status, type, body, etag }: Reply): void {
  response.writeHead(status, {
    ...headers,
    'content-type': `${type}; charset=utf-8`,
    ...(status === 405 && { allow: 'GET, HEAD' }),
    ...(etag && { etag }),
    // Beside the content, which is the same text as long as nothing is new.
    'x-board-moment': momentText(new Date().toISOString()),
    ...(status !== 304 && { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
