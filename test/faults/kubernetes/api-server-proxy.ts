import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * Arrests a worker at one of its calls. `hang`: the call never reaches the API server. `lost`: it was applied, and its
 * answer never comes. `delay`: it comes after the worker's death, right before the next worker makes the same call, so
 * between that one's look and its write; or, where no call is the same, after the change has ended.
 */
export interface Fault {
  /** Name of the call, as `nameOfCall` has it. */
  call: string;
  /** Which of these calls, counted from when the fault was set. */
  nth: number;
  kind: 'hang' | 'delay' | 'lost';
}

/** A write that a dead worker has sent and that has not reached the API server yet. */
export interface LateCall {
  place: string;
  call: string;
  request: Forwarded;
}

interface Forwarded {
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

interface Place {
  calls: string[];
  fault: (Fault & { seen: number; fire: () => void }) | undefined;
  /** True from the fault on: nothing of this place gets further, so that it stays exactly where it was. */
  isHeld: boolean;
  /** Calls that have not got further. */
  held: Forwarded[];
}

/**
 * A proxy in front of an API server, for one worker. The kubeconfig gives each place an address with a path of its
 * own, so the proxy knows whose call it is, also where the call names no namespace.
 */
export class ApiServerProxy {
  private readonly places = new Map<string, Place>();
  private readonly agent: https.Agent;
  private readonly upstream: string;
  private readonly late: LateCall[];
  private port = 0;
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });

  private constructor(upstream: string, authority: string, late: LateCall[]) {
    this.upstream = upstream;
    this.agent = new https.Agent({ ca: authority, keepAlive: true });
    this.late = late;
  }

  /** Starts a proxy; `late` are the calls that a dead worker has left on their way. */
  static async start(adminKubeconfig: string, late: LateCall[] = []): Promise<ApiServerProxy> {
    const { clusters } = JSON.parse(await readFile(adminKubeconfig, 'utf8')) as Kubeconfig;
    const { server = '', 'certificate-authority-data': authority = '' } = clusters[0]?.cluster ?? {};
    const proxy = new ApiServerProxy(server, Buffer.from(authority, 'base64').toString('utf8'), late);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.port = (proxy.server.address() as AddressInfo).port;
    return proxy;
  }

  urlOf(place: string): string {
    return `http://127.0.0.1:${this.port}/${place}`;
  }

  /** Names of the calls of a place so far, in order. */
  callsOf(place: string): string[] {
    return this.placeOf(place).calls;
  }

  /** Sets a fault. The answer is fulfilled when it has met its call. */
  arrest(place: string, fault: Fault): Promise<void> {
    return new Promise((fire) => {
      this.placeOf(place).fault = { ...fault, seen: 0, fire };
    });
  }

  /** Breaks what is connected, and refuses what comes. */
  async shut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    // Nothing of it has reached the API server, and nothing will.
    for (const place of this.places.values()) place.held.length = 0;
  }

  /**
   * Lets everything through again, under the same address. What was held meanwhile reaches the API server now, though
   * nobody waits for its answer any more: a server that only stood still does the same.
   */
  async reopen(): Promise<void> {
    if (!this.server.listening) {
      this.server.listen(this.port, '127.0.0.1');
      await once(this.server, 'listening');
    }
    for (const place of this.places.values()) {
      Object.assign(place, { isHeld: false, fault: undefined });
      for (const request of place.held.splice(0)) await this.apply(request);
    }
  }

  /** Sends what a dead worker has left on its way and nobody has repeated; answers the status of each. */
  async sendLate(): Promise<number[]> {
    const statuses: number[] = [];
    for (const { request } of this.late.splice(0)) statuses.push(await this.apply(request));
    return statuses;
  }

  /** Ends all connections; answers the calls that are on their way still. */
  async close(): Promise<LateCall[]> {
    await this.shut();
    this.agent.destroy();
    return this.late;
  }

  private placeOf(name: string): Place {
    const place = this.places.get(name) ?? { calls: [], fault: undefined, isHeld: false, held: [] };
    this.places.set(name, place);
    return place;
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? [];
    const { method = 'GET', headers } = incoming;
    const request = { method, path, headers: ownHeaders(headers), body: await buffer(incoming) };
    const call = nameOfCall(method, path, headers['content-type']);
    const place = this.placeOf(name);
    place.calls.push(call);
    if (place.isHeld) return void place.held.push(request);
    const { fault } = place;
    if (fault?.call === call) fault.seen += 1;
    if (fault?.call !== call || fault.seen !== fault.nth) {
      await this.sendLateOf(name, call);
      return this.forward(request, response);
    }
    place.isHeld = true;
    if (fault.kind === 'hang') place.held.push(request);
    if (fault.kind === 'delay') this.late.push({ place: name, call, request });
    if (fault.kind === 'lost') await this.apply(request);
    fault.fire();
  }

  private async sendLateOf(place: string, call: string): Promise<void> {
    const index = this.late.findIndex((one) => one.place === place && one.call === call);
    const [found] = index < 0 ? [] : this.late.splice(index, 1);
    if (found) await this.apply(found.request);
  }

  private async forward(request: Forwarded, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await this.send(request, gone.signal);
    answer.on('error', () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, ownHeaders(answer.headers));
    response.flushHeaders();
    answer.pipe(response);
  }

  /** Has a call applied without anybody who waits for its answer; of a watch the beginning is enough. */
  private async apply(request: Forwarded): Promise<number> {
    const enough = new AbortController();
    const answer = await this.send(request, enough.signal);
    answer.on('error', () => undefined);
    if (!request.path.includes('watch=true')) await buffer(answer);
    enough.abort();
    return answer.statusCode ?? 0;
  }

  private async send({ method, path, headers, body }: Forwarded, signal: AbortSignal): Promise<IncomingMessage> {
    const sent = https.request(`${this.upstream}${path}`, { method, headers, agent: this.agent, signal });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    sent.on('error', () => undefined);
    return answer;
  }
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
}

/** Leaves out what is said for one connection only. */
function ownHeaders({ host: _host, connection: _connection, ...rest }: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const { 'transfer-encoding': _encoding, 'keep-alive': _keep, ...kept } = rest;
  return kept;
}

/**
 * Names a call by verb and kind of object, such as `apply apps/statefulsets` or `get pods/log`, without the object's
 * own name, which another run has not.
 */
function nameOfCall(method: string, url: string, contentType = ''): string {
  const [path = '', query = ''] = url.split('?');
  const [, group = '', version = '', rest = ''] =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/[^/]+)?(?:\/(.+))?$/.exec(path) ?? [];
  const [resource = '', name, subresource] = rest.split('/');
  if (resource === '') return `discover ${group === '' ? version : `${group}/${version}`}`;
  const kind = `${group === '' ? '' : `${group}/`}${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const parameters = new URLSearchParams(query);
  const reading = parameters.has('watch') ? 'watch' : name === undefined ? 'list' : 'get';
  const patching = contentType.startsWith('application/apply-patch') ? 'apply' : 'patch';
  const verbs: Record<string, string> = { GET: reading, POST: 'create', PATCH: patching, DELETE: 'delete' };
  return `${parameters.has('dryRun') ? 'dry run: ' : ''}${verbs[method] ?? method} ${kind}`;
}

/** Says whether a call changes nothing. To the cluster it is then the same before it, during it and after it. */
export function isRead(call: string): boolean {
  return /^(discover|get|list|watch|dry run:) /.test(call);
}
