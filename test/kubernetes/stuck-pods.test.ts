import { describe, expect, it } from 'vitest';
import { diagnose, type DiagnosisName } from '../../contract/diagnosis.ts';
import { clusterForFile } from '../sandbox/cluster.ts';
import { auditEvents } from '../sandbox/cluster-programs.ts';
import { httpProbe, pod, shell } from '../sandbox/pods.ts';
import { eventually } from '../until.ts';
import { refusalOf } from './overlay-folder.ts';
import { ReleaseWorld, type Behaviour, type WorkloadKind } from './release-world.ts';
import { openWorkerAccount, type WorkerAccount } from './worker-account.ts';

const cluster = clusterForFile();
const revision = '{.metadata.labels.controller-revision-hash}';
const uid = '{.metadata.uid}';

/** Lists the pods of a namespace that a worker has deleted, each with the condition of its deletion. */
async function deletions({ target }: ReleaseWorld): Promise<unknown[]> {
  const events = await auditEvents(cluster.controlPlane.auditLog);
  return events
    .filter(({ verb, objectRef, userAgent }) => {
      const isOurs = objectRef?.namespace === target.namespace && userAgent?.startsWith('slipway');
      return isOurs && verb === 'delete' && objectRef?.resource === 'pods';
    })
    .map(({ objectRef, requestObject }) => {
      const { preconditions } = requestObject as { preconditions?: unknown };
      return { name: objectRef?.name, preconditions };
    });
}

/** Opens a StatefulSet that serves a good release, and stops in the middle of a bad one. */
async function openStuck(spec: object = {}) {
  const world = await ReleaseWorld.open(cluster, 'StatefulSet');
  world.spec = spec;
  const artifact = await world.artifact('a'.repeat(40));
  const old = await world.change().release(artifact);
  const bad = world.change();
  const failure = await refusalOf(bad.release(await world.artifact('b'.repeat(40), 'crashes')));
  expect(failure).toMatchObject({ type: 'GateFailed' });
  return { world, artifact, old, bad };
}

/** Waits until the controller has seen a good template, and the bad pod has crashed once more since. */
async function untilCrashedAgain(world: ReleaseWorld, old: string): Promise<void> {
  await eventually('the good template', async () => {
    const seen = await world.value('statefulset/app', '{.status.observedGeneration} {.status.updateRevision}');
    return seen === `${await world.value('statefulset/app', '{.metadata.generation}')} ${old}`;
  });
  const restarts = async (): Promise<number> =>
    Number(await world.value('pod/app-1', '{.status.containerStatuses[0].restartCount}'));
  const before = await restarts();
  await eventually('one more crash', async () => (await restarts()) > before, 20_000);
}

describe('a StatefulSet after a bad release', () => {
  it('keeps the pod that crashes, until a restore deletes that one alone, by its uid (facts 5 and 7)', async () => {
    const { world, artifact, old, bad } = await openStuck();
    const { namespace } = world.target;
    const stranger = pod(namespace, 'stranger', shell(artifact.image, 'exit 3'));
    const labels = { app: 'app', 'controller-revision-hash': 'app-other' };
    await cluster.create({ ...stranger, metadata: { ...stranger.metadata, labels } });
    const before = await Promise.all(['pod/app-0', 'pod/stranger'].map((name) => world.value(name, uid)));
    const stuck = await world.value('pod/app-1', uid);

    expect(await world.kubectl('rollout', 'undo', 'statefulset/app')).toMatchObject({ code: 0 });
    await untilCrashedAgain(world, old);
    expect(await world.value('pod/app-1', uid)).toBe(stuck);
    expect(await world.value('pod/app-1', revision)).not.toBe(old);

    expect((await bad.restore()).problems).toEqual([]);
    expect(await deletions(world)).toEqual([{ name: 'app-1', preconditions: { uid: stuck } }]);
    const after = await Promise.all(['pod/app-0', 'pod/stranger'].map((name) => world.value(name, uid)));
    expect(after).toEqual(before);
  });

  it('has a pod that failed for good replaced by its controller: nothing is for us to delete (fact 7)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    await world.change().release(await world.artifact('a'.repeat(40)));
    const { shift } = await world.change().stageRelease(await world.artifact('b'.repeat(40)));
    const evicted = await world.value('pod/app-1', uid);
    const status = JSON.stringify({ status: { phase: 'Failed', reason: 'Evicted' } });
    const patch = ['patch', 'pod/app-1', '--subresource=status', '--type=merge', '-p', status];
    expect(await world.kubectl(...patch)).toMatchObject({ code: 0 });
    const released = await shift();
    expect(await world.value('pod/app-1', uid)).not.toBe(evicted);
    expect(await world.value('pod/app-1', revision)).toBe(released.revision);
    expect(await deletions(world)).toEqual([]);
  });

  it('is restored with podManagementPolicy Parallel, too, and no release changes that policy (fact 6)', async () => {
    const { world, artifact, old, bad } = await openStuck({ podManagementPolicy: 'Parallel' });
    const { live, problems } = await bad.restore();
    expect(problems).toEqual([]);
    expect(live.serving).toMatchObject([{ revision: old, percent: 100 }]);
    world.spec = { podManagementPolicy: 'OrderedReady' };
    const generation = await world.value('statefulset/app', '{.metadata.generation}');
    const refusal = await refusalOf(world.change().stageRelease(artifact));
    expect(refusal.message).toMatch(/StatefulSet.*forbidden/is);
    expect(await world.value('statefulset/app', '{.metadata.generation}')).toBe(generation);
  });
});

/** A cause of failed roll-outs, as the cluster really has it. */
interface Provocation {
  row: DiagnosisName;
  kind?: WorkloadKind;
  behaviour?: Behaviour;
  /** Says it in the failure. */
  seen: RegExp;
  /** Comes when a good release serves. */
  provoke?: (world: ReleaseWorld, account: WorkerAccount) => Promise<void> | void;
}

const missingImage = (world: ReleaseWorld) => {
  const digest = `sha256:${'f'.repeat(64)}`;
  return { image: `${world.image}@${digest}`, digest, commit: 'c'.repeat(40) };
};

async function useUpQuota(world: ReleaseWorld): Promise<void> {
  const { namespace } = world.target;
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'few' } };
  await cluster.create({ ...quota, spec: { hard: { pods: '0' } } });
  const used = async () => (await world.value('resourcequota/few', '{.status.used.pods}')) === '1';
  await eventually('the count of the quota', used);
  world.target.rolloutTimeoutSeconds = 10;
}

const keyOf = (name: string) => ({ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'KEY' } } });

const provocations: [situation: string, Provocation][] = [
  [
    'a secret is not there',
    {
      row: 'missingSecret',
      provoke: (world) => void world.secretsFrom.push('nowhere'),
      seen: /its configuration is wrong: secret "nowhere" not found/,
    },
  ],
  [
    'a secret has no such key',
    {
      row: 'missingSecret',
      provoke: async (world) => {
        const { namespace } = world.target;
        await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'keys' } });
        world.env = [keyOf('keys')];
      },
      seen: /couldn't find key KEY in Secret/,
    },
  ],
  [
    'a ConfigMap is not there',
    {
      row: 'missingSetting',
      provoke: (world) => {
        world.env = [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'nowhere', key: 'LEVEL' } } }];
      },
      seen: /configmap "nowhere" not found/,
    },
  ],
  [
    'it needs more memory than its limit',
    {
      row: 'memory',
      behaviour: 'greedy',
      provoke: (world) => {
        world.container = { resources: { limits: { memory: '120Mi' } } };
      },
      seen: /last exit code 137, OOMKilled/,
    },
  ],
  ['the registry does not have the image', { row: 'image', seen: /image \S+ cannot be pulled: .*not found/ }],
  [
    'a quota forbids the pods of a StatefulSet',
    { row: 'quota', provoke: useUpQuota, seen: /pods "app-0" is forbidden: exceeded quota: few/ },
  ],
  [
    'a quota forbids the pods of a Deployment',
    { row: 'quota', kind: 'Deployment', provoke: useUpQuota, seen: /is forbidden: exceeded quota: few/ },
  ],
  [
    'the worker may not patch the workload',
    {
      row: 'permission',
      provoke: (_world, account) => account.withdraw('patch apps/statefulsets'),
      seen: /is forbidden: User "system:serviceaccount:\S+:slipway-worker" cannot patch resource "statefulsets"/,
    },
  ],
  ['its program ends', { row: 'port', behaviour: 'crashes', seen: /crashes again and again \(last exit code 3/ }],
  [
    'its start-up probe does not pass',
    {
      row: 'startUpProbe',
      behaviour: 'neverReady',
      provoke: (world) => {
        world.container = { startupProbe: { ...httpProbe, failureThreshold: 2 } };
      },
      seen: /crashes again and again .*failed startup probe, will be restarted/,
    },
  ],
  [
    'its readiness probe does not pass',
    {
      row: 'startUpProbe',
      behaviour: 'neverReady',
      provoke: (world) => {
        world.target.rolloutTimeoutSeconds = 10;
      },
      seen: /it runs, but its probes do not pass/,
    },
  ],
];

/** Rows of contract/diagnosis.ts that a cluster has in words of its own. */
describe('a roll-out that fails says why', () => {
  it.each(provocations)('where %s', async (_situation, { row, kind = 'StatefulSet', behaviour, provoke, seen }) => {
    let account: WorkerAccount | undefined;
    const world = await ReleaseWorld.open(cluster, kind, async (namespace) => {
      account = await openWorkerAccount(cluster, namespace);
      return account.kubeconfig;
    });
    world.replicas = 1;
    await world.change().release(await world.artifact('a'.repeat(40)));
    if (account) await provoke?.(world, account);
    const artifact = row === 'image' ? missingImage(world) : await world.artifact('b'.repeat(40), behaviour);
    const { message } = await refusalOf(world.change().release(artifact));
    expect(message).toMatch(seen);
    expect(diagnose([message])[0]).toMatchObject({ name: row });
  });
});
