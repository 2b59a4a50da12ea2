import { describe, expect, it } from 'vitest';
import { judgeAutoscaler, type AutoscalerObject } from '../../activities/kubernetes/health/autoscaler.ts';
import { judgePods } from '../../activities/kubernetes/health/pods.ts';
import { judgeRestarts } from '../../activities/kubernetes/health/restarts.ts';
import type { ContainerStatus, PodObject } from '../../activities/kubernetes/revisions.ts';
import type { ObservedWorkload } from '../../activities/kubernetes/state.ts';
import { crashing, going, pod, revisions, starting, view } from './rollout-objects.ts';

const now = new Date('2026-03-02T07:00:00Z');
const of = { kind: 'StatefulSet', revision: 'new' } as const;
const target = {
  kind: 'kubernetes',
  namespace: 'runtime',
  overlay: 'overlay',
  workload: { kind: 'StatefulSet', name: 'app' },
  url: 'http://app.example',
} as const;

const aged = (one: PodObject, minutes: number): PodObject => {
  const creationTimestamp = new Date(now.getTime() - minutes * 60_000).toISOString();
  return { ...one, metadata: { ...one.metadata, creationTimestamp } };
};

/** What `readState` finds: two pods are wanted, of the template `app-new`. */
function seen(pods: PodObject[], serving = 'app-new', replicas = 2): ObservedWorkload {
  const { workload } = view({ kind: 'StatefulSet', spec: { replicas } });
  const live = { serving: [{ revision: serving, digest: '', commit: '', percent: 100 }] } as ObservedWorkload['live'];
  return { live, workload, revisions, pods, template: revisions[1] };
}

describe('the pods of a workload', () => {
  const ready = pod(of, 'app-0');
  const situations: [situation: string, seen: ObservedWorkload, verdict: string, reason: RegExp][] = [
    ['that are ready pass', seen([ready, pod(of, 'app-1')]), 'pass', /^2 of 2 pods are ready$/],
    [
      'that cannot start fail, however young',
      seen([ready, aged(pod(of, 'app-1', crashing), 1)]),
      'fail',
      /1 of 2 .*pod app-1: .*crashes again/,
    ],
    [
      'that have just begun are not known yet',
      seen([ready, aged(pod(of, 'app-1', starting), 1)]),
      'inconclusive',
      /pod app-1 has just begun/,
    ],
    [
      'that are late fail with the reason',
      seen([ready, aged(pod(of, 'app-1', starting), 30)]),
      'fail',
      /pod app-1 is not ready: it runs, but its probes do not pass/,
    ],
    [
      'that are late fail also while a roll-out goes on',
      seen([pod({ ...of, revision: 'old' }, 'app-0'), aged(pod(of, 'app-1', starting), 30)], 'app-old'),
      'fail',
      /pod app-1 is not ready/,
    ],
    [
      'of a roll-out that goes on are not known yet',
      seen([pod({ ...of, revision: 'old' }, 'app-0')], 'app-old'),
      'inconclusive',
      /is being rolled out to app-new/,
    ],
    ['that are missing fail', seen([ready]), 'fail', /1 of 2 pods are ready; only 1 exist/],
    [
      'that are being deleted are not known yet',
      seen([ready, aged(pod(of, 'app-1', starting, going), 30)]),
      'inconclusive',
      /pod app-1 is being deleted/,
    ],
    [
      'that were evicted do not count beside those that replace them',
      seen([ready, pod(of, 'app-1'), pod(of, 'app-x', starting, { phase: 'Failed' })]),
      'pass',
      /2 of 2/,
    ],
    ['that nobody wants serve nothing', seen([], '', 0), 'fail', /wants no pods/],
  ];
  it.each(situations)('%s', (_situation, state, verdict, reason) => {
    expect(judgePods({ target }, state, now)).toEqual({ verdict, reason: expect.stringMatching(reason) });
  });
});

describe('restarts', () => {
  const restarted = (hoursAgo: number, more: Partial<ContainerStatus> = {}): Partial<ContainerStatus> => {
    const finishedAt = new Date(now.getTime() - hoursAgo * 3_600_000).toISOString().replace('.000Z', 'Z');
    const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt } };
    return { ready: true, restartCount: 2, state: { running: {} }, lastState, ...more };
  };

  it('since yesterday fail, with pod, container, time and exit code, though the pod is ready again', () => {
    expect(judgeRestarts({ pods: [pod(of, 'app-0', restarted(5)), pod(of, 'app-1')] }, now)).toEqual({
      verdict: 'fail',
      reason: 'pod app-0: 2 restarts of container app, last at 2026-03-02T02:00:00Z (exit code 137, OOMKilled)',
    });
  });

  it('of before were in an earlier report', () => {
    expect(judgeRestarts({ pods: [pod(of, 'app-0', restarted(30))] }, now).verdict).toBe('pass');
  });

  it('of many pods are cut to a line', () => {
    const pods = ['0', '1', '2', '3', '4'].map((name) => pod(of, `app-${name}`, restarted(1)));
    expect(judgeRestarts({ pods }, now).reason).toMatch(/app-0.*app-1.*app-2.*; and 2 more$/);
  });
});

describe('an autoscaler', () => {
  const able = { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' };
  const active = { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' };
  const inactive = { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' };
  const few = { type: 'ScalingLimited', status: 'True', reason: 'TooFewReplicas' };
  const many = { type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' };
  type Conditions = NonNullable<AutoscalerObject['status']>['conditions'];
  const autoscaler = (conditions: Conditions, desiredReplicas = 3, type = 'Resource'): AutoscalerObject => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'app' },
    spec: { minReplicas: 2, maxReplicas: 9, metrics: [{ type }] },
    status: { currentReplicas: 3, desiredReplicas, conditions },
  });
  const without: AutoscalerObject = { ...autoscaler([]) };
  const apis = new Set(['apps', 'metrics.k8s.io']);
  const situations: [situation: string, autoscaler: AutoscalerObject, verdict: string, reason: RegExp][] = [
    ['that is able and active is stable', autoscaler([able, active]), 'pass', /^app has 3 replicas, 2 to 9$/],
    ['at its minimum is stable', autoscaler([able, active, few]), 'pass', /3 replicas/],
    ['at its maximum wants more', autoscaler([able, active, many], 9), 'fail', /more than its maximum/],
    ['that moves is not known yet', autoscaler([able, active], 5), 'inconclusive', /goes to 5 right now/],
    ['that nobody has looked at is not known', without, 'inconclusive', /has not looked at app yet/],
    ['without its metrics fails with the reason', autoscaler([able, inactive]), 'fail', /FailedGet.*: no metrics/],
    [
      'whose metrics the cluster does not have is not known',
      autoscaler([able, inactive], 3, 'External'),
      'inconclusive',
      /no external\.metrics\.k8s\.io/,
    ],
    [
      'that cannot scale fails with the reason',
      autoscaler([{ ...able, status: 'False', reason: 'FailedGetScale' }, active]),
      'fail',
      /cannot scale: FailedGetScale/,
    ],
  ];
  it.each(situations)('%s', (_situation, one, verdict, reason) => {
    expect(judgeAutoscaler(one, apis)).toEqual({ verdict, reason: expect.stringMatching(reason) });
  });
});
