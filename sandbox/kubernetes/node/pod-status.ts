import type { V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from '@kubernetes/client-node';
import { restartsAfter } from './container.ts';
import type { RestartPolicy } from './container.ts';

/** What the node knows of a pod. */
export interface PodFacts {
  pod: V1Pod;
  address: string | undefined;
  startTime: Date;
  init: V1ContainerStatus[];
  containers: V1ContainerStatus[];
  /** It was deleted, and nothing of it runs any more. */
  isOver: boolean;
  /** It has run for longer than its `activeDeadlineSeconds`. */
  isLate: boolean;
}

/** Platform: kubelet, active_deadline.go. */
const late = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

/** Writes a pod's status as a kubelet does. */
export function podStatus(facts: PodFacts, now = new Date()): V1PodStatus {
  const { pod, address, startTime, init, containers, isLate } = facts;
  const phase = phaseOf(facts);
  return {
    observedGeneration: pod.metadata?.generation,
    phase,
    ...(isLate && phase === 'Failed' && late),
    startTime,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    ...(address && { podIP: address, podIPs: [{ ip: address }] }),
    conditions: conditionsOf(facts, phase, now),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: containers,
  };
}

function policyOf(pod: V1Pod): RestartPolicy {
  return (pod.spec?.restartPolicy ?? 'Always') as RestartPolicy;
}

function isInitialized({ pod, init }: PodFacts): boolean {
  return (pod.spec?.initContainers ?? []).every((spec, index) => {
    const status = init[index];
    if (spec.restartPolicy === 'Always') return status?.started === true;
    return status?.state?.terminated?.exitCode === 0;
  });
}

/** Platform: kubelet_pods.go, getPhase. */
function phaseOf(facts: PodFacts): string {
  const { pod, init, containers, isOver, isLate } = facts;
  const policy = policyOf(pod);
  const hasFailed = init.some(({ state }) => state?.terminated && state.terminated.exitCode !== 0);
  if (policy === 'Never' && hasFailed) return 'Failed';
  const ends = containers.map(({ state }) => state?.terminated);
  const hasEnded = ends.every((end) => end && (isOver || !restartsAfter(policy, end.exitCode)));
  if (hasEnded) return !isLate && ends.every((end) => end?.exitCode === 0) ? 'Succeeded' : 'Failed';
  if (!isInitialized(facts)) return 'Pending';
  const isWaiting = containers.some(({ state, lastState }) => state?.waiting && !lastState?.terminated);
  return isWaiting ? 'Pending' : 'Running';
}

function conditionsOf(facts: PodFacts, phase: string, now: Date): V1PodCondition[] {
  const { pod, containers } = facts;
  const isComplete = phase === 'Succeeded';
  const initialized = isInitialized(facts) || isComplete;
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const containersReady = phase === 'Running' && unready.length === 0;
  const gates = (pod.spec?.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const existing = pod.status?.conditions ?? [];
  const isPassed = (type: string): boolean => existing.some((each) => each.type === type && each.status === 'True');
  const why = isComplete
    ? { reason: 'PodCompleted' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const own = [
    condition('PodScheduled', true),
    condition('PodReadyToStartContainers', phase === 'Running' || phase === 'Pending'),
    condition('Initialized', initialized, { reason: 'ContainersNotInitialized' }),
    condition('ContainersReady', containersReady, why),
    condition(
      'Ready',
      containersReady && gates.every(isPassed),
      containersReady ? { reason: 'ReadinessGatesNotReady' } : why,
    ),
  ];
  const foreign = existing.filter(({ type }) => !own.some((each) => each.type === type));
  return [...own.map((each) => withTransition(each, existing, pod, now)), ...foreign];
}

function condition(
  type: string,
  holds: boolean,
  otherwise: { reason?: string; message?: string } = {},
): V1PodCondition {
  return { type, status: holds ? 'True' : 'False', ...((!holds || otherwise.reason === 'PodCompleted') && otherwise) };
}

/** Keeps the time of a condition that has not changed. */
function withTransition(each: V1PodCondition, existing: V1PodCondition[], pod: V1Pod, now: Date): V1PodCondition {
  const old = existing.find(({ type }) => type === each.type);
  const lastTransitionTime = old?.status === each.status ? old.lastTransitionTime : now;
  return { ...each, observedGeneration: pod.metadata?.generation, lastTransitionTime };
}
