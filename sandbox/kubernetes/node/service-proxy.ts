import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { V1Pod, V1Service, V1ServicePort } from '@kubernetes/client-node';
import { derivedAddress } from './addresses.ts';
import { annotation } from './annotations.ts';

export interface ServiceProxyOptions {
  /** The network of the Services' addresses, such as `127.21`. */
  network: string;
  pods(): V1Pod[];
  /** Takes all addresses, from `namespace/name:port` to `host:port`, when they have changed. */
  published(addresses: Record<string, string>): void;
  say(line: string): void;
}

/** Stands in for kube-proxy: a listener for each port of a Service. */
export interface ServiceProxy {
  changed(service: V1Service): void;
  removed(service: V1Service): void;
  /** Tells the variables that a container gets for the Services in its namespace. */
  variables(namespace: string): Record<string, string>;
  stop(): Promise<void>;
}

interface Listener {
  service: V1Service;
  port: V1ServicePort;
  server: Server;
  address: string;
}

/** So many derived addresses are tried before a Service has none. */
const turns = 8;

/** Opens the proxy. Real controllers refuse endpoints on loopback addresses, so it follows the pods itself. */
export function startServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  const listeners = new Map<string, Listener>();
  let working = Promise.resolve();
  const publish = (): void =>
    options.published(Object.fromEntries([...listeners].map(([key, { address }]) => [key, address])));
  const close = (key: string): void => {
    listeners.get(key)?.server.close();
    listeners.delete(key);
  };
  const open = async (service: V1Service, port: V1ServicePort, key: string): Promise<void> => {
    const known = listeners.get(key);
    const wanted = annotation(service, 'address');
    if (known && (!wanted || known.address.startsWith(`${wanted}:`))) {
      Object.assign(known, { service, port });
      return;
    }
    close(key);
    let index = 0;
    const server = createServer((socket) => {
      const listener = listeners.get(key);
      const target = listener && pick(options.pods(), listener, index++);
      if (target) join(socket, target);
      else socket.resetAndDestroy();
    });
    const address = await listen(server, port.port, wanted, options.network, nameOf(service));
    if (address) listeners.set(key, { service, port, server, address });
    else options.say(`no address is free for service ${key}`);
  };
  const apply = async (service: V1Service, isGone: boolean): Promise<void> => {
    const before = JSON.stringify([...listeners].map(([key, { address }]) => [key, address]));
    const { ports = [], clusterIP, type } = service.spec ?? {};
    const isServed = !isGone && clusterIP !== 'None' && type !== 'ExternalName';
    const keys = new Map(isServed ? ports.map((port) => [`${nameOf(service)}:${port.port}`, port] as const) : []);
    for (const key of listeners.keys()) if (key.startsWith(`${nameOf(service)}:`) && !keys.has(key)) close(key);
    for (const [key, port] of keys) await open(service, port, key);
    if (JSON.stringify([...listeners].map(([key, { address }]) => [key, address])) !== before) publish();
  };
  const enqueue = (service: V1Service, isGone: boolean): void => {
    working = working
      .then(() => apply(service, isGone))
      .catch((error: Error) => options.say(`service ${nameOf(service)}: ${error.message}`));
  };
  return {
    changed: (service) => enqueue(service, false),
    removed: (service) => enqueue(service, true),
    variables: (namespace) => variables([...listeners.values()], namespace),
    stop: async () => {
      await working;
      for (const key of [...listeners.keys()]) close(key);
    },
  };
}

const nameOf = ({ metadata }: V1Service): string => `${metadata?.namespace}/${metadata?.name}`;

async function listen(
  server: Server,
  port: number,
  wanted: string | undefined,
  network: string,
  name: string,
): Promise<string | undefined> {
  const hosts = wanted ? [wanted] : Array.from({ length: turns }, (_, turn) => derivedAddress(network, name, turn));
  for (const host of hosts) {
    const hasOpened = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host }, () => resolve(true));
    });
    server.removeAllListeners('error').on('error', () => undefined);
    if (hasOpened) return `${host}:${port}`;
  }
  return undefined;
}

/** Picks the next pod that is ready and matched; undefined where there is none. */
function pick(pods: V1Pod[], { service, port }: Listener, index: number): { host: string; port: number } | undefined {
  const targets = pods.flatMap((pod) => {
    const host = pod.status?.podIP;
    if (!host || !isEndpoint(pod, service)) return [];
    const target = targetPort(pod, port);
    return target === undefined ? [] : [{ host, port: target }];
  });
  return targets[index % targets.length];
}

/** Tells whether traffic of a Service may reach a pod: it is matched and ready, and nobody has deleted it. */
export function isEndpoint({ metadata, status }: V1Pod, { metadata: own, spec }: V1Service): boolean {
  const selector = Object.entries(spec?.selector ?? {});
  if (selector.length === 0 || metadata?.namespace !== own?.namespace || metadata?.deletionTimestamp) return false;
  if (selector.some(([key, value]) => metadata?.labels?.[key] !== value)) return false;
  if (spec?.publishNotReadyAddresses) return true;
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function targetPort({ spec }: V1Pod, { port, targetPort: target = port }: V1ServicePort): number | undefined {
  if (Number.isInteger(Number(target))) return Number(target);
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === target)?.containerPort;
}

function join(client: Socket, target: { host: string; port: number }): void {
  const server = connect(target);
  client.on('error', () => server.destroy());
  server.on('error', () => client.resetAndDestroy());
  client.pipe(server).pipe(client);
}

/** Platform: `<NAME>_SERVICE_HOST` and `<NAME>_SERVICE_PORT` of the Services that exist when a container starts. */
function variables(listeners: Listener[], namespace: string): Record<string, string> {
  const entries = listeners.flatMap(({ service, address }) => {
    if (service.metadata?.namespace !== namespace) return [];
    const name = (service.metadata?.name ?? '').toUpperCase().replaceAll('-', '_');
    const [host = '', port = ''] = address.split(':');
    return [
      [`${name}_SERVICE_HOST`, host],
      [`${name}_SERVICE_PORT`, port],
    ];
  });
  return Object.fromEntries(entries.toReversed()) as Record<string, string>;
}
