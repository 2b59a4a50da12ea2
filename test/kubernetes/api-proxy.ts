import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import type { Cluster } from '../sandbox/cluster.ts';
import { answer, status } from './fake-api-server.ts';

/** Ways in which a watch breaks on its way, each as a real API server or a real network does it. */
export const breaks = {
  /** The version that the watch begins with is too old by now. */
  'are answered by 410': (response) => answer(response, 410, status(410, 'Expired', 'too old resource version')),
  /** The same, told by an event of a stream that was opened. */
  'are ended by an event of 410': (response) => {
    const expired = status(410, 'Expired', 'too old resource version');
    answer(response, 200, `${JSON.stringify({ type: 'ERROR', object: expired })}\n`);
  },
  /** Whoever is between keeps the connection, and passes nothing on. */
  'go silent': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  },
  'are closed': (response) => answer(response, 200, ''),
} satisfies Record<string, (response: ServerResponse) => void>;

/** Stands between the adapter and a real API server, and breaks the first watches of each collection. */
export class ApiProxy {
  kubeconfig = '';
  /** Watches of each collection that break, from now on. */
  breaking = 0;
  break: (response: ServerResponse) => void = breaks['are closed'];
  /** Requests that came, by collection. */
  readonly lists: string[] = [];
  readonly watches: string[] = [];
  private readonly broken = new Map<string, number>();
  private readonly cluster: Cluster;
  private readonly agent = new https.Agent({ keepAlive: true });
  private readonly server = createServer((request, response) => this.handle(request, response));

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  static async open(cluster: Cluster): Promise<ApiProxy> {
    const proxy = new ApiProxy(cluster);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.server.address() as AddressInfo;
    proxy.kubeconfig = path.join(cluster.folder, `proxy-${port}.json`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'proxy', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'proxy', user: {} }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
      'current-context': 'proxy',
    };
    await writeFile(proxy.kubeconfig, JSON.stringify(config));
    return proxy;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    this.agent.destroy();
    await closed;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://cluster');
    const isWatch = searchParams.get('watch') === 'true';
    const [, collection = ''] = /\/namespaces\/[^/]+\/(\w+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && collection !== '') (isWatch ? this.watches : this.lists).push(collection);
    const broken = this.broken.get(collection) ?? 0;
    if (!isWatch || broken >= this.breaking) return this.forward(request, response);
    this.broken.set(collection, broken + 1);
    this.break(response);
  }

  private forward(request: IncomingMessage, response: ServerResponse): void {
    const { config } = this.cluster;
    const options: https.RequestOptions = {};
    void config.applyToHTTPSOptions(options).then(() => {
      const { method, headers, url } = request;
      const server = config.getCurrentCluster()?.server ?? '';
      const { host: _host, ...kept } = headers;
      const sent = https.request(
        `${server}${url}`,
        { ...options, agent: this.agent, method, headers: kept },
        (from) => {
          response.writeHead(from.statusCode ?? 502, from.headers);
          response.flushHeaders();
          pipeline(from, response, () => undefined);
        },
      );
      sent.on('error', () => response.destroy());
      response.on('close', () => sent.destroy());
      request.pipe(sent);
    });
  }
}
