import { BlockList, isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

/** Variables that name a proxy, and that name hosts without one; each is known in lower and in upper case. */
const names = ['http_proxy', 'https_proxy', 'no_proxy'];
/** For gRPC and https, in the order of `@grpc/grpc-js`, which falls back on the proxy of http as Node does. */
const secureNames = ['grpc_proxy', 'https_proxy', 'http_proxy'];
/** This machine, and the metadata server of its cloud, which answers nobody else. */
const ownMachine = [
  'localhost',
  '127.0.0.1',
  '127.0.0.0/8',
  '::1',
  '[::1]',
  '169.254.169.254',
  'metadata.google.internal',
];

/** A proxy of the environment, and the variable that names it. */
export interface EnvironmentProxy {
  url: URL;
  variable: string;
}

/**
 * Makes all clients of a process take the same proxy: gRPC knows only lower case, Node's HTTP none by itself. This
 * machine is reached without one (grpc/grpc-node#1453). Called once, before anything connects. Answers what takes
 * Node's HTTP back.
 */
export async function prepareProxies(environment: NodeJS.ProcessEnv = process.env): Promise<() => void> {
  for (const name of names) {
    const value = environment[name] || environment[name.toUpperCase()];
    if (value) for (const each of [name, name.toUpperCase()]) environment[each] ||= value;
  }
  if (!secureNames.some((name) => environment[name])) return () => undefined;
  for (const name of ['no_proxy', 'NO_PROXY', ...(environment['no_grpc_proxy'] ? ['no_grpc_proxy'] : [])])
    environment[name] = [...new Set([...listOf(environment[name]), ...ownMachine])].join(',');
  const http = await import('node:http');
  // The installed client runs on older releases of Node, too, whose HTTP has no such switch.
  return 'setGlobalProxyFromEnv' in http ? http.setGlobalProxyFromEnv(environment) : () => undefined;
}

/** Names the proxy through which a host is reached by gRPC or https, after `prepareProxies`; null for none. */
export function proxyOf(host: string, environment: NodeJS.ProcessEnv = process.env): EnvironmentProxy | null {
  const variable = secureNames.find((name) => environment[name]);
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (variable === undefined || isLoopback(name)) return null;
  const excepted = listOf(environment['no_grpc_proxy'] || environment['no_proxy']);
  if (excepted.some((entry) => covers(entry.toLowerCase(), name))) return null;
  const value = environment[variable] ?? '';
  return URL.canParse(value) ? { url: new URL(value), variable } : null;
}

/** Says in an error through which proxy a host was asked, without its password; empty if through none. */
export function throughProxy(host: string, environment: NodeJS.ProcessEnv = process.env): string {
  const proxy = proxyOf(host, environment);
  return proxy ? ` through the proxy ${proxy.url.host} (from ${proxy.variable})` : '';
}

function listOf(value: string | undefined): string[] {
  return (value ?? '').split(/[,\s]+/).filter((entry) => entry !== '');
}

/** Says whether an entry of `no_proxy` means a host: the host itself, a domain above it, or a network. */
function covers(entry: string, host: string): boolean {
  if (entry === '*' || entry === host) return true;
  const [network = '', prefix] = entry.split('/');
  if (prefix !== undefined && isIP(network) === 4 && isIP(host) === 4 && Number(prefix) <= 32) {
    const list = new BlockList();
    list.addSubnet(network, Number(prefix), 'ipv4');
    return list.check(host, 'ipv4');
  }
  return host.endsWith(`.${entry.replace(/^\*?\./, '')}`);
}
