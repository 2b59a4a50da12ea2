import { describe, expect, it } from 'vitest';
import { judges } from '../../activities/kubernetes/rollout/index.ts';
import type { WorkloadKind } from './release-world.ts';
import { crashing, going, pod, starting, view, waiting, type Situation } from './rollout-objects.ts';

const judge = (situation: Situation) => judges[situation.kind](view(situation));
const kinds: WorkloadKind[] = ['StatefulSet', 'Deployment', 'DaemonSet'];

/** The counts of a workload all of whose two pods are new and available. */
const allDone = {
  ...{ replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
  ...{ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
};
const pair = (kind: WorkloadKind, revision: 'old' | 'new') =>
  ['app-0', 'app-1'].map((name) => pod({ kind, revision }, name));

describe.each(kinds)('a %s', (kind) => {
  const [old, fresh] = [{ kind, revision: 'old' } as const, { kind, revision: 'new' } as const];

  it('is done when all its pods are new and ready, and names their revision', () => {
    expect(judge({ kind, status: allDone, pods: pair(kind, 'new') })).toEqual({ state: 'done', revision: 'app-new' });
  });

  it('is not judged by a status from before the change, good or bad (kubernetes#49637)', () => {
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: '"app-new"' };
    const pods = [pod(fresh, 'app-0', crashing), ...pair(kind, 'new')];
    const status = { ...allDone, observedGeneration: 1, conditions: [late] };
    expect(judge({ kind, status, pods })).toMatchObject({
      state: 'progressing',
      reason: expect.stringContaining('has not seen the change yet (generation 2, seen 1)'),
    });
  });

  it('without a status is not well: its controller has not been there (fluxcd/kustomize-controller#387)', () => {
    const situation = view({ kind, pods: pair(kind, 'new') });
    delete situation.workload.status;
    expect(judges[kind](situation)).toMatchObject({ state: 'progressing' });
  });

  it('waits for its new revision', () => {
    const situation = view({ kind, status: allDone, pods: pair(kind, 'old') });
    expect(judges[kind]({ ...situation, revisions: situation.revisions.slice(0, 1) })).toMatchObject({
      state: 'progressing',
      reason: expect.stringContaining('has not made the new revision yet'),
    });
  });

  it('is not done by its counts while a new pod is not ready, and says which one', () => {
    const pods = [pod(fresh, 'app-0'), pod(fresh, 'app-1', { ...starting, restartCount: 2 })];
    expect(judge({ kind, status: allDone, pods })).toEqual({
      state: 'progressing',
      reason:
        '1 of 2 pods of app-new are ready; pod app-1 is not ready: it runs, but its probes do not pass, 2 restarts',
    });
  });

  it('does not count a pod that is going', () => {
    const pods = [pod(fresh, 'app-0'), pod(fresh, 'app-1', undefined, going)];
    expect(judge({ kind, status: allDone, pods })).toMatchObject({ state: 'progressing' });
    const doomed = [pod(fresh, 'app-0', crashing, going), pod(fresh, 'app-1', starting)];
    expect(judge({ kind, status: allDone, pods: doomed })).toMatchObject({ state: 'progressing' });
  });

  it('does not fail by a crash of an old pod, and tells of it', () => {
    const pods = [pod(old, 'app-0', crashing), pod(old, 'app-1', crashing)];
    expect(judge({ kind, status: { ...allDone, updatedReplicas: 0, updatedNumberScheduled: 0 }, pods })).toEqual({
      state: 'progressing',
      reason:
        '0 of 2 pods of app-new are ready; 2 of another revision are still there; ' +
        'of another revision, pod app-0 is not ready: CrashLoopBackOff, 3 restarts',
    });
  });

  it('fails when its new pods crash, with pod, exit code and counts', () => {
    const pods = [pod(fresh, 'app-0', crashing), pod(old, 'app-1')];
    expect(judge({ kind, status: allDone, pods })).toEqual({
      state: 'failed',
      reason:
        '1 of 1 pods of app-new cannot start (0 of 2 ready); ' +
        'pod app-0: container app: it crashes again and again (last exit code 3, Error, 3 restarts)',
    });
  });

  it('fails when an init container crashes, and tells of one that runs', () => {
    const crashed = [pod(fresh, 'app-0', waiting('PodInitializing'), { init: crashing })];
    expect(judge({ kind, pods: crashed })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('container prepare: it crashes'),
    });
    const runs = [pod(fresh, 'app-0', waiting('PodInitializing'), { init: starting, phase: 'Pending' })];
    expect(judge({ kind, status: { desiredNumberScheduled: 2 }, pods: runs })).toMatchObject({
      state: 'progressing',
      reason: expect.stringContaining('init container prepare runs'),
    });
  });

  it("ignores pods of others that have the same labels, such as a Job's", () => {
    const strange = pod({ kind: 'StatefulSet', revision: 'new' }, 'migrate-1', crashing, { owner: 'uid-of-job' });
    delete strange.metadata.labels;
    const pods = [...pair(kind, 'new'), strange];
    expect(judge({ kind, status: allDone, pods })).toMatchObject({ state: 'done' });
  });

  it('does not take a pod that was evicted for one that cannot start', () => {
    const evicted = pod(fresh, 'app-x', crashing, { phase: 'Failed' });
    expect(judge({ kind, status: allDone, pods: [evicted, ...pair(kind, 'new')] })).toMatchObject({ state: 'done' });
  });

  it('says what a pod without a node waits for', () => {
    const pending = pod(fresh, 'app-0', starting, { phase: 'Pending' });
    pending.status!.conditions = [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes: Insufficient cpu' }];
    expect(judge({ kind, status: { desiredNumberScheduled: 2 }, pods: [pending] })).toMatchObject({
      state: 'progressing',
      reason: expect.stringContaining('pod app-0 has no node: 0/3 nodes: Insufficient cpu'),
    });
  });

  it('that wants no pod is done', () => {
    const spec = kind === 'DaemonSet' ? {} : { replicas: 0 };
    expect(judge({ kind, spec, replicasAtStart: 0 })).toEqual({ state: 'done', revision: 'app-new' });
  });
});

describe('a pod that cannot start', () => {
  const failing: [string, Partial<Parameters<typeof pod>[2] & object>, RegExp][] = [
    [
      'ErrImagePull, not found',
      waiting('ErrImagePull', 'rpc error: code = NotFound desc = x: not found'),
      /cannot be pulled/,
    ],
    ['ImagePullBackOff, not found', waiting('ImagePullBackOff', 'Back-off pulling: x: not found'), /cannot be pulled/],
    ['InvalidImageName', waiting('InvalidImageName'), /InvalidImageName/],
    [
      'CreateContainerConfigError',
      waiting('CreateContainerConfigError', 'secret "db" not found'),
      /secret "db" not found/,
    ],
    [
      'ContainerCannotRun, exit 127',
      { state: { terminated: { reason: 'ContainerCannotRun', exitCode: 127, message: 'no such file' } } },
      /cannot run: no such file/,
    ],
    [
      'ContainerCannotRun before, exit 127',
      waiting('RunContainerError', '', { lastState: { terminated: { reason: 'ContainerCannotRun', exitCode: 127 } } }),
      /cannot run/,
    ],
  ];
  it.each(failing)('fails the roll-out: %s', (_what, container, reason) => {
    const pods = [pod({ kind: 'StatefulSet', revision: 'new' }, 'app-1', container)];
    expect(judge({ kind: 'StatefulSet', pods })).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(reason),
    });
  });

  const passing: [string, Partial<Parameters<typeof pod>[2] & object>][] = [
    ['ErrImagePull, time-out', waiting('ErrImagePull', 'net/http: TLS handshake timeout')],
    ['ErrImagePull, registry away', waiting('ErrImagePull', 'dial tcp: lookup registry on 10.0.0.10:53: not found')],
    ['ErrImagePull, credentials late', waiting('ErrImagePull', '401 Unauthorized')],
    ['ImagePullBackOff without a cause', waiting('ImagePullBackOff', 'Back-off pulling image "x"')],
    [
      'CreateContainerConfigError, cache late (kubernetes#75260)',
      waiting('CreateContainerConfigError', 'failed to sync configmap cache: timed out waiting for the condition'),
    ],
    ['ContainerCreating', waiting('ContainerCreating')],
    ['RunContainerError', waiting('RunContainerError', 'context deadline exceeded')],
    ['ContainerCannotRun, exit 128', { state: { terminated: { reason: 'ContainerCannotRun', exitCode: 128 } } }],
    ['a first crash', { state: { terminated: { reason: 'Error', exitCode: 1 } } }],
    [
      'a container that runs after it could not',
      { ...starting, lastState: { terminated: { reason: 'ContainerCannotRun', exitCode: 127 } } },
    ],
  ];
  it.each(passing)('may yet: %s', (_what, container) => {
    const pods = [pod({ kind: 'StatefulSet', revision: 'new' }, 'app-1', { ready: false, ...container })];
    expect(judge({ kind: 'StatefulSet', pods })).toMatchObject({ state: 'progressing' });
  });
});

describe('a StatefulSet', () => {
  const kind = 'StatefulSet';
  const [old, fresh] = [{ kind, revision: 'old' } as const, { kind, revision: 'new' } as const];

  it('with the partition that is the default is compared by revision, unlike by kubectl', () => {
    const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } };
    const pods = [pod(old, 'app-0'), pod(fresh, 'app-1')];
    expect(judge({ kind, spec, status: allDone, pods })).toMatchObject({
      state: 'progressing',
      reason: '1 of 2 pods of app-new are ready; 1 of another revision are still there',
    });
    expect(judge({ kind, spec, status: allDone, pods: pair(kind, 'new') })).toMatchObject({ state: 'done' });
  });

  it('waits for minReadySeconds, also while its counts are late', () => {
    const pods = pair(kind, 'new');
    expect(judge({ kind, status: { ...allDone, availableReplicas: 1 }, pods })).toMatchObject({ state: 'progressing' });
    // The counts from before the last pod was replaced: both were available, but one was old.
    expect(judge({ kind, status: { ...allDone, updatedReplicas: 1 }, pods })).toMatchObject({ state: 'progressing' });
  });

  it('fails as soon as one of its new pods cannot start: its controller goes no further', () => {
    const pods = [pod(fresh, 'app-0'), pod(fresh, 'app-1', crashing)];
    expect(judge({ kind, status: allDone, pods })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('1 of 2 pods of app-new cannot start (1 of 2 ready); pod app-1'),
    });
  });

  it.each([
    ['OnDelete', { type: 'OnDelete' }, /updateStrategy OnDelete: pod app-0 stays/],
    ['a partition', { rollingUpdate: { partition: 1 } }, /partition 1: pod app-0 stays/],
  ])('with %s fails where old pods stay, and is done where there are none', (_what, updateStrategy, reason) => {
    const spec = { updateStrategy };
    const pods = [pod(old, 'app-0'), pod(fresh, 'app-1')];
    expect(judge({ kind, spec, status: allDone, pods })).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(reason),
    });
    const deleted = [pod(old, 'app-0', undefined, going), pod(fresh, 'app-1')];
    expect(judge({ kind, spec, status: allDone, pods: deleted })).toMatchObject({ state: 'progressing' });
    expect(judge({ kind, spec, status: allDone, pods: pair(kind, 'new') })).toMatchObject({ state: 'done' });
  });

  it('that goes back to a revision with a raised number is judged by its name (kubernetes/website#6921)', () => {
    const pods = pair(kind, 'old');
    expect(judge({ kind, status: { ...allDone, updateRevision: 'app-old' }, pods })).toEqual({
      state: 'done',
      revision: 'app-old',
    });
  });

  it('is done by the pods that were wanted when it began, however many an autoscaler adds (flagger#944)', () => {
    const pods = [...pair(kind, 'new'), pod(fresh, 'app-2', starting)];
    const status = { ...allDone, replicas: 3, updatedReplicas: 3 };
    expect(judge({ kind, spec: { replicas: 7 }, status, pods })).toMatchObject({ state: 'done' });
    expect(judge({ kind, spec: { replicas: 1 }, replicasAtStart: 7, status, pods })).toMatchObject({ state: 'done' });
  });
});

describe('a Deployment', () => {
  const kind = 'Deployment';
  const [old, fresh] = [{ kind, revision: 'old' } as const, { kind, revision: 'new' } as const];
  const late = (replicaSet: string) => ({
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${replicaSet}" has timed out progressing.`,
  });

  it('fails when its own deadline is over, not by the one of an earlier ReplicaSet (kubernetes#49637)', () => {
    const pods = [pod(old, 'app-a'), pod(fresh, 'app-b', starting)];
    expect(judge({ kind, status: { conditions: [late('app-new')] }, pods })).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/progressDeadlineSeconds are over; 0 of 2 .*pod app-b is not ready/),
    });
    expect(judge({ kind, status: { conditions: [late('app-bad')] }, pods })).toMatchObject({ state: 'progressing' });
  });

  it('fails when all its new pods cannot start, not when one of two cannot', () => {
    const one = [pod(fresh, 'app-a', crashing), pod(fresh, 'app-b', starting)];
    expect(judge({ kind, pods: one })).toMatchObject({ state: 'progressing' });
    const ready = [pod(fresh, 'app-a', crashing), pod(fresh, 'app-b')];
    expect(judge({ kind, pods: ready })).toMatchObject({ state: 'progressing' });
    const all = [pod(fresh, 'app-a', crashing), pod(fresh, 'app-b', crashing)];
    expect(judge({ kind, pods: all })).toMatchObject({ state: 'failed' });
    const evicted = pod(fresh, 'app-x', starting, { phase: 'Failed' });
    expect(judge({ kind, pods: [evicted, ...all] })).toMatchObject({ state: 'failed' });
  });

  it('that is paused fails at once: it is not timed by the platform, and nothing is rolled out', () => {
    expect(judge({ kind, spec: { paused: true }, status: allDone, pods: pair(kind, 'old') })).toMatchObject({
      state: 'failed',
      reason: 'Deployment app is paused: nothing is rolled out',
    });
  });

  it('waits until the last old pod is gone', () => {
    const pods = [...pair(kind, 'new'), pod(old, 'app-x')];
    expect(judge({ kind, status: { ...allDone, replicas: 3 }, pods })).toMatchObject({ state: 'progressing' });
  });

  it('waits for minReadySeconds', () => {
    const status = { ...allDone, availableReplicas: 1 };
    expect(judge({ kind, status, pods: pair(kind, 'new') })).toMatchObject({ state: 'progressing' });
  });

  it('is done by the pods wanted at its beginning, though those of an autoscaler are late (flagger#944)', () => {
    const pods = [...pair(kind, 'new'), pod(fresh, 'app-c', starting)];
    const status = { ...allDone, replicas: 7, updatedReplicas: 7, conditions: [late('app-new')] };
    expect(judge({ kind, spec: { replicas: 7 }, status, pods })).toMatchObject({ state: 'done' });
  });

  it('says why its pods are refused', () => {
    const message = 'pods "app-new-x" is forbidden: exceeded quota: small';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    expect(judge({ kind, status: { conditions } })).toEqual({
      state: 'progressing',
      reason: `0 of 2 pods of app-new are ready; ${message}`,
    });
  });
});

describe('a DaemonSet', () => {
  const kind = 'DaemonSet';
  const [old, fresh] = [{ kind, revision: 'old' } as const, { kind, revision: 'new' } as const];

  it('waits for each node that fits', () => {
    const status = { ...allDone, desiredNumberScheduled: 3 };
    expect(judge({ kind, status, pods: pair(kind, 'new') })).toEqual({
      state: 'progressing',
      reason: '2 of 3 pods of app-new are ready',
    });
  });

  it('fails when one of its new pods cannot start', () => {
    const pods = [pod(fresh, 'app-a'), pod(fresh, 'app-b', crashing)];
    expect(judge({ kind, status: allDone, pods })).toMatchObject({ state: 'failed' });
  });

  it('with OnDelete fails where old pods stay, and is done where there are none', () => {
    const spec = { updateStrategy: { type: 'OnDelete' } };
    expect(judge({ kind, spec, status: allDone, pods: [pod(old, 'app-a'), pod(fresh, 'app-b')] })).toMatchObject({
      state: 'failed',
      reason: 'DaemonSet app has updateStrategy OnDelete: pod app-a stays as it is',
    });
    expect(judge({ kind, spec, status: allDone, pods: pair(kind, 'new') })).toMatchObject({ state: 'done' });
  });
});
