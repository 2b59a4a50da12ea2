import { createRequire } from 'node:module';
import type * as library from '@kubernetes/client-node';
import { openConnection, type Connection } from './connection.ts';

export interface KubernetesAccess {
  /** Path of a kubeconfig; by default KUBECONFIG, ~/.kube/config, or the cluster that the process runs in. */
  kubeconfig?: string;
  /** Path of kubectl, which renders overlays; by default SLIPWAY_KUBECTL, or the one on PATH. */
  kubectl?: string;
  /** A call that takes longer is given up, and its effect looked for; 10 s by default. */
  callTimeoutMs?: number;
  /** A watch that says nothing for so long is given up, and the objects listed again; 90 s by default. */
  watchSilenceMs?: number;
}

/** One kind of objects, as the server lists it. Platform: Kubernetes API, APIResource. */
export interface Resource {
  kind: string;
  name: string;
  namespaced: boolean;
}

/** Holds what a process knows of one cluster, as one user. */
export interface KubernetesClient {
  connection: Connection;
  callTimeoutMs: number;
  watchSilenceMs: number;
  /** Resources by API version: they are read once. */
  discovery: Map<string, Promise<Resource[]>>;
}

/** Holds one client for each context, for a process. */
export interface KubernetesClients {
  /** Answers the client of a context; of the current one if it is undefined. */
  of(context: string | undefined): KubernetesClient;
  close(): void;
}

type KubeConfig = library.KubeConfig;
const require = createRequire(import.meta.url);

const defaultCallTimeoutMs = 10_000;

/** A bookmark comes about once a minute; a stream can end without a word (kubernetes-client/javascript#596). */
const defaultWatchSilenceMs = 90_000;

/** Makes clients as they are needed, or says in one line why that is not possible. */
export function createKubernetesClients(access: KubernetesAccess = {}): KubernetesClients {
  const clients = new Map<string | undefined, KubernetesClient>();
  return {
    of(context) {
      const client = clients.get(context) ?? createClient(access, context);
      clients.set(context, client);
      return client;
    },
    close: () => {
      for (const { connection } of clients.values()) connection.close();
      clients.clear();
    },
  };
}

function createClient(access: KubernetesAccess, context: string | undefined): KubernetesClient {
  return {
    connection: openConnection(loadConfig(access.kubeconfig, context)),
    callTimeoutMs: access.callTimeoutMs ?? defaultCallTimeoutMs,
    watchSilenceMs: access.watchSilenceMs ?? defaultWatchSilenceMs,
    discovery: new Map(),
  };
}

function loadConfig(path: string | undefined, context: string | undefined): KubeConfig {
  // The library is large: a worker without a cluster never loads it.
  const { KubeConfig } = require('@kubernetes/client-node') as typeof library;
  const config = new KubeConfig();
  const problem = problemOfLoading(config, path);
  if (problem !== undefined)
    throw new Error(`no access to Kubernetes: ${path ?? process.env.KUBECONFIG ?? 'the kubeconfig'}: ${problem}`);
  // Without any configuration the library goes to localhost:8080 and calls that context so.
  if (config.getCurrentContext() === 'loaded-context')
    throw new Error('no access to Kubernetes: set KUBECONFIG, or run in a cluster with a service account');
  if (context !== undefined) useContext(config, context);
  if (!config.getCurrentCluster()) throw new Error('no access to Kubernetes: the kubeconfig has no current context');
  return config;
}

function useContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new Error(`no access to Kubernetes: the kubeconfig has no context ${context}, but ${names.join(', ')}`);
  config.setCurrentContext(context);
}

/** Loads the file. The library's error may quote it, and a kubeconfig holds credentials (invariant I9). */
function problemOfLoading(config: KubeConfig, path: string | undefined): string | undefined {
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
    return undefined;
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    return typeof code === 'string' ? code : 'it is not a kubeconfig';
  }
}
