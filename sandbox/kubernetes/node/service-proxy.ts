import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { V1Pod, V1Service, V1ServicePort } from '@kubernetes/client-node';

export interface ServiceProxyOptions {
  pods(): V1Pod[];
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
  /** The Service's own address; its network is on the loopback device. */
  host: string;
}

/** Opens the proxy. Real controllers refuse endpoints on loopback addresses, so it follows the pods itself. */
export function startServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  const listeners = new Map<string, Listener>();
  let working = Promise.resolve();
  const close = (key: string): void => {
    listeners.get(key)?.server.close();
    listeners.delete(key);
  };
  const open = async (service: V1Service, port: V1ServicePort, key: string): Promise<void> => {
    const known = listeners.get(key);
    const host = service.spec?.clusterIP ?? '';
    if (known?.host === host) {
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
    await listen(server, port.port, host);
    listeners.set(key, { service, port, server, host });
  };
  const apply = async (service: V1Service, isGone: boolean): Promise<void> => {
    const ports = isGone || !isServed(service) ? [] : (service.spec?.ports ?? []);
    const keys = new Map(ports.map((port): [string, V1ServicePort] => [`${nameOf(service)}:${port.port}`, port]));
    for (const key of listeners.keys()) if (key.startsWith(`${nameOf(service)}:`) && !keys.has(key)) close(key);
    for (const [key, port] of keys) await open(service, port, key);
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

/** Tells whether a Service has an address and pods; the others are answered by nobody here. */
function isServed({ spec }: V1Service): boolean {
  const hasAddress = spec?.clusterIP?.startsWith('127.') ?? false;
  return hasAddress && spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

const nameOf = ({ metadata }: V1Service): string => `${metadata?.namespace}/${metadata?.name}`;

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  server.removeAllListeners('error').on('error', () => undefined);
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
function isEndpoint({ metadata, status }: V1Pod, { metadata: own, spec }: V1Service): boolean {
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
  const entries = listeners.flatMap(({ service, port, host }) => {
    if (service.metadata?.namespace !== namespace) return [];
    const name = (service.metadata?.name ?? '').toUpperCase().replaceAll('-', '_');
    return [
      [`${name}_SERVICE_HOST`, host],
      [`${name}_SERVICE_PORT`, String(port.port)],
    ];
  });
  return Object.fromEntries(entries.toReversed()) as Record<string, string>;
}
