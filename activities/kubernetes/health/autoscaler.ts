import type { Finding } from '../../../contract/verdict.ts';
import { send } from '../call.ts';
import { autoscalersOf, isScaled } from '../manifests/autoscaling.ts';
import { workloadName, type Manifest } from '../manifests/manifest.ts';
import type { ReadContext } from '../session.ts';

/** A HorizontalPodAutoscaler as JSON. Platform: Kubernetes, autoscaling/v2. */
export interface AutoscalerObject extends Manifest {
  spec: { minReplicas?: number; maxReplicas: number; metrics?: { type: string }[] };
  status?: {
    currentReplicas?: number;
    desiredReplicas?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

/** The API that serves each type of metric. Platform: Kubernetes, HorizontalPodAutoscaler, support for metrics APIs. */
const metricApis: Record<string, string> = {
  Resource: 'metrics.k8s.io',
  ContainerResource: 'metrics.k8s.io',
  Pods: 'custom.metrics.k8s.io',
  Object: 'custom.metrics.k8s.io',
  External: 'external.metrics.k8s.io',
};

/** Finds the autoscaler of the workload and judges it. Two of them undo each other's work. */
export async function checkAutoscaler({ objects, target, caller }: ReadContext): Promise<Finding> {
  const workload = workloadName(target.workload, target.namespace);
  const all = await autoscalersOf(objects, [], target.namespace);
  const [autoscaler, ...others] = all.filter((one) => isScaled(workload, [one])) as AutoscalerObject[];
  if (!autoscaler) return { verdict: 'pass', reason: 'the workload has none' };
  if (others.length > 0) {
    const names = [autoscaler, ...others].map(({ metadata }) => metadata.name).join(', ');
    return { verdict: 'fail', reason: `the workload has ${others.length + 1} of them, against each other: ${names}` };
  }
  const path = '/apis';
  const { groups } = await send<{ groups: { name: string }[] }>(caller, 'list APIs', { method: 'GET', path });
  return judgeAutoscaler(autoscaler, new Set(groups.map(({ name }) => name)));
}

/**
 * Judges an autoscaler by its own status, so that no metrics have to be read. Stable is one that can scale, is not at
 * its maximum, and has the replicas that it wants. Platform: Kubernetes, HorizontalPodAutoscaler, conditions.
 */
export function judgeAutoscaler({ metadata, spec, status = {} }: AutoscalerObject, apis: ReadonlySet<string>): Finding {
  const { currentReplicas: current = 0, desiredReplicas: desired = 0, conditions = [] } = status;
  const { minReplicas: min = 1, maxReplicas: max, metrics = [] } = spec;
  const numbers = `${metadata.name} has ${current} replicas, ${min} to ${max}`;
  const conditionOf = (type: string) => conditions.find((one) => one.type === type);
  const why = (type: string): string => {
    const { reason = '', message = '' } = conditionOf(type) ?? {};
    return [reason, message].filter((part) => part !== '').join(': ');
  };
  if (conditions.length === 0)
    return { verdict: 'inconclusive', reason: `the controller has not looked at ${metadata.name} yet` };
  if (conditionOf('AbleToScale')?.status !== 'True')
    return { verdict: 'fail', reason: `${numbers}; it cannot scale: ${why('AbleToScale')}` };
  if (conditionOf('ScalingActive')?.status !== 'True') {
    const missing = metrics.map(({ type }) => metricApis[type] ?? '').filter((api) => api !== '' && !apis.has(api));
    if (missing.length > 0) {
      const apisText = [...new Set(missing)].join(', ');
      return { verdict: 'inconclusive', reason: `${numbers}; the cluster has no ${apisText} that it could scale by` };
    }
    return { verdict: 'fail', reason: `${numbers}; it does not scale: ${why('ScalingActive')}` };
  }
  const limited = conditionOf('ScalingLimited');
  if (limited?.status === 'True' && limited.reason === 'TooManyReplicas')
    return { verdict: 'fail', reason: `${numbers}; it wants more than its maximum` };
  if (current !== desired) return { verdict: 'inconclusive', reason: `${numbers}; it goes to ${desired} right now` };
  return { verdict: 'pass', reason: numbers };
}
