import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Node, V1Pod, V1Service } from '@kubernetes/client-node';
import { CoordinationV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { endOrphans } from '../../containers/orphans.ts';
import { nodeName } from '../node-name.ts';
import { openAddresses } from './addresses.ts';
import { isSwitchedOn } from './annotations.ts';
import { openEventRecorder } from './events.ts';
import { follow } from './follow.ts';
import type { Follower } from './follow.ts';
import type { NodeImages } from './images.ts';
import { watchNodeLoss } from './node-loss.ts';
import { serveLogs } from './log-server.ts';
import type { LogServerCertificate } from './log-server.ts';
import { defaultTempo } from './node-context.ts';
import type { NodeContext, NodeTempo } from './node-context.ts';
import { connection } from './connection.ts';
import { removeLeftovers, startPodWorkers } from './pod-workers.ts';
import { openProcessRecords } from './process-records.ts';
import { register } from './registration.ts';
import { openScrapeTargets } from './scrape-targets.ts';
import { startScheduler } from './scheduler.ts';
import { startServiceProxy } from './service-proxy.ts';

export interface NodeOptions {
  /** File of the kubeconfig, whose current context is used. */
  kubeconfig: string;
  folder: string;
  images: NodeImages;
  /** Names the file of the ways in which the pods of a namespace misbehave. */
  misbehaviour(namespace: string): string;
  /** File that lists the pods for the service discovery of a Prometheus; none is written where it is missing. */
  targets?: string | undefined;
  /** The first two numbers of the pods' addresses, such as `127.130`. */
  podNetwork: string;
  certificate: LogServerCertificate;
  /** Port of the kubelet's endpoint; any free one where it is missing. */
  port?: number;
  tempo?: Partial<NodeTempo>;
  leaseEveryMs?: number;
  say(line: string): void;
}

export interface RunningNode {
  name: string;
  /** Port of the kubelet's endpoint. */
  port: number;
  stop(): Promise<void>;
}

/** Starts the node: ends what an earlier life left, registers, and runs the pods that are bound to it. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { say } = options;
  const name = nodeName;
  mkdirSync(options.folder, { recursive: true });
  const config = new KubeConfig();
  config.loadFromFile(options.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const processes = openProcessRecords(join(options.folder, 'processes'));
  endOrphans(processes);
  const line = connection();
  const proxy = startServiceProxy({
    pods: () => pods?.list() ?? [],
    say,
  });
  const context: NodeContext = {
    ...{ name, config, core, processes, say },
    images: options.images,
    misbehaviour: options.misbehaviour,
    folder: options.folder,
    podAddresses: openAddresses(options.podNetwork),
    events: openEventRecorder(core, 'kubelet', name),
    tempo: { ...defaultTempo, ...options.tempo },
    online: line.online,
    serviceVariables: proxy.variables,
  };
  const workers = startPodWorkers(context);
  const logs = await serveLogs(options.certificate, workers.find, options.port);
  const registration = await register({
    ...{ name, core, say, port: logs.port },
    coordination: config.makeApiClient(CoordinationV1Api),
    leaseEveryMs: options.leaseEveryMs ?? 10_000,
    online: line.online,
  });
  const loss = watchNodeLoss({ name, core, say, pods: workers.pods, afterMs: context.tempo.lostAfterMs });
  const scheduler = startScheduler(context, () => nodes.list()[0], workers.pods);
  const nodes: Follower<V1Node> = follow<V1Node>({
    ...{ config, say, path: '/api/v1/nodes', fieldSelector: `metadata.name=${name}`, removed: () => undefined },
    changed: (node) => {
      const isLost = isSwitchedOn(node, 'lost');
      if (line.set(!isLost) && !isLost) workers.refresh();
      loss.set(isLost);
      scheduler.lookAgain();
    },
  });
  const services = follow<V1Service>({
    ...{ config, say, path: '/api/v1/services', changed: proxy.changed, removed: proxy.removed },
  });
  await Promise.all([nodes.synced, services.synced]);
  const targets = openScrapeTargets(options.targets, say);
  const pods: Follower<V1Pod> = follow<V1Pod>({
    ...{ config, say, path: '/api/v1/pods' },
    changed: (pod) => {
      targets.show(pods.list());
      if (pod.spec?.nodeName === undefined) return scheduler.look(pod);
      scheduler.forget(pod);
      if (pod.spec.nodeName === name) workers.update(pod);
    },
    removed: (pod) => {
      targets.show(pods.list());
      scheduler.forget(pod);
      workers.remove(pod);
      scheduler.lookAgain();
    },
  });
  await pods.synced;
  targets.show(pods.list());
  removeLeftovers(options.folder, pods.list());
  const stop = async (): Promise<void> => {
    await Promise.all([pods.stop(), services.stop(), nodes.stop(), scheduler.stop(), registration.stop()]);
    await workers.abandon();
    await Promise.all([proxy.stop(), logs.stop()]);
  };
  return { name, port: logs.port, stop };
}
