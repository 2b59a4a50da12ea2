import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

export interface Request {
  method: string;
  /** Path and query below the server's address. */
  path: string;
  headers: OutgoingHttpHeaders;
  body?: string;
  signal: AbortSignal;
}

/** Sends requests to one API server, as one user, over one pool of sockets. */
export interface Connection {
  server: string;
  /** Answers when the head of the response is there; whoever calls reads its body or destroys it. */
  send(request: Request): Promise<IncomingMessage>;
  close(): void;
}

/** Says that no answer came, so that nobody knows what a write did. */
export class NoAnswer extends Error {
  /** Node's code, such as ECONNREFUSED; undefined if there is none. */
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'NoAnswer';
    const code = (cause as { code?: unknown } | null)?.code;
    this.code = typeof code === 'string' ? code : undefined;
  }
}

/**
 * Opens the connection. The client library makes a pool of sockets for each call, so requests are sent here: what a
 * kubeconfig says of certificates and tokens is the library's to know, and is read anew for each request.
 */
export function openConnection(config: KubeConfig): Connection {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('no access to Kubernetes: the kubeconfig has no cluster');
  const isSecure = cluster.server.startsWith('https:');
  const pool = isSecure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const request = isSecure ? https.request : http.request;

  async function send({ method, path, headers, body, signal }: Request): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const options: https.RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const agent = cluster?.proxyUrl ? options.agent : pool;
    return new Promise((resolve, reject) => {
      const sent = request(
        cluster!.server.replace(/\/$/, '') + path,
        { ...options, agent, method, headers: { ...options.headers, ...headers }, signal },
        resolve,
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  return {
    server: cluster.server,
    send: (asked) =>
      send(asked).catch((error: unknown) => {
        throw new NoAnswer(error);
      }),
    close: () => pool.destroy(),
  };
}
