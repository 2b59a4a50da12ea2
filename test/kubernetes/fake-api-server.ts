import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { openConnection } from '../../activities/kubernetes/connection.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that answers what a test wants, and counts the sockets that are open. */
export class FakeApiServer {
  handler: Handler = (_request, response) => answer(response, 404, status(404, 'NotFound', 'not here'));
  readonly requests: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    this.handler(request, response);
  });
  #port = 0;

  constructor() {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** The address, once it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts to listen; after a stop on the same port again. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  client(callTimeoutMs = 2_000): KubernetesClient {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'fake', server: this.url, skipTLSVerify: true },
      { name: 'tester', token: 'abc' },
    );
    return { connection: openConnection(config), callTimeoutMs, watchSilenceMs: 60_000, discovery: new Map() };
  }
}

export function answer(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A Status as an API server answers it. */
export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}
