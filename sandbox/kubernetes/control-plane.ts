import { join } from 'node:path';
import { SupervisedChild } from '../supervisor/child.ts';
import type { ChildSpec } from '../supervisor/child.ts';
import { Children } from '../supervisor/leftovers.ts';
import { planCluster } from './cluster-plan.ts';
import type { ClusterAddresses, ClusterOptions, ClusterPlan } from './cluster-plan.ts';
import { apiServerSpec } from './servers/api-server.ts';
import { controllerManagerSpec } from './servers/controller-manager.ts';
import { etcdSpec } from './servers/etcd.ts';

/** The programs of a control plane, in the order in which they start. */
export const controlPlaneSpecs = (plan: ClusterPlan): Record<'etcd' | 'apiServer' | 'controllers', ChildSpec> => ({
  etcd: etcdSpec(plan),
  apiServer: apiServerSpec(plan),
  controllers: controllerManagerSpec(plan),
});

export interface ControlPlane extends ClusterAddresses {
  /** Answers the processes that run now, by the name of the program. */
  pids: () => Record<'etcd' | 'apiServer' | 'controllers', number | undefined>;
  /** Stops everything; the state stays in the folder. */
  stop: () => Promise<void>;
}

/**
 * Starts etcd, an API server and the controllers, on the state that the folder has. A program that ends is started
 * again, at the same address. There is no scheduler and no node: pods stay pending until somebody binds them.
 */
export const startControlPlane = async (options: ClusterOptions): Promise<ControlPlane> => {
  const children = new Children(join(options.folder, 'processes.json'));
  await children.stopLeftovers(options.say);
  const plan = await planCluster(options);
  const specs = controlPlaneSpecs(plan);
  const supervised = (spec: ChildSpec): SupervisedChild =>
    new SupervisedChild(spec, { children, say: options.say, onServing: () => Promise.resolve() });
  const [etcd, apiServer, controllers] = [specs.etcd, specs.apiServer, specs.controllers].map(supervised) as [
    SupervisedChild,
    SupervisedChild,
    SupervisedChild,
  ];
  const stop = async (): Promise<void> => {
    for (const child of [controllers, apiServer, etcd]) await child.stop();
  };
  try {
    for (const child of [etcd, apiServer, controllers]) await child.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const { kubeconfig, server, auditLog, serviceNetwork, node } = plan;
  const pids = () => ({ etcd: etcd.pid, apiServer: apiServer.pid, controllers: controllers.pid });
  return { kubeconfig, server, auditLog, serviceNetwork, node, pids, stop };
};
