import { setTimeout as sleep } from 'node:timers/promises';
import { arch, cpus, platform, release } from 'node:os';
import type { CoordinationV1Api, CoreV1Api, V1Node } from '@kubernetes/client-node';
import { ApiException, PatchStrategy, setHeaderOptions, V1MicroTime } from '@kubernetes/client-node';

/** What the node offers. Nothing here is limited to it; the scheduler adds up what pods request. */
export const capacity = { cpu: '64', memory: '256Gi', pods: '250' };

const leaseNamespace = 'kube-node-lease';
const leaseSeconds = 40;
const asMergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export interface RegistrationOptions {
  name: string;
  core: CoreV1Api;
  coordination: CoordinationV1Api;
  /** Port of the kubelet's endpoint. */
  port: number;
  /** Platform: kubelet, a quarter of the lease. */
  leaseEveryMs: number;
  /** Settles at once, or when the node is back. */
  online(): Promise<void>;
  say(line: string): void;
}

export interface Registration {
  stop(): Promise<void>;
}

/** Registers the Node as ready, and renews its lease. */
export async function register(options: RegistrationOptions): Promise<Registration> {
  const { name, core } = options;
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': platform() === 'win32' ? 'windows' : platform(),
    'kubernetes.io/arch': goArchitecture(),
  };
  const node = await createOrRead(
    () => core.createNode({ body: { metadata: { name, labels } } }),
    () => core.readNode({ name }),
  );
  await core.patchNodeStatus({ name, body: { status: nodeStatus(options) } }, asMergePatch);
  // Platform: a new Node has the taint not-ready, which the controller of nodes takes away. There is none here.
  await core.patchNode({ name, body: { spec: { taints: null } } }, asMergePatch);
  const stopped = new AbortController();
  const renewing = keepLease(options, node, stopped.signal);
  return {
    stop: async () => {
      stopped.abort();
      await renewing;
    },
  };
}

async function keepLease(options: RegistrationOptions, node: V1Node, stop: AbortSignal): Promise<void> {
  let isDue = false;
  while (!stop.aborted) {
    await Promise.race([options.online(), aborted(stop)]);
    if (stop.aborted) return;
    await renew(options, node, isDue).catch((error: Error) => options.say(`cannot renew the lease: ${error.message}`));
    isDue = true;
    await sleep(options.leaseEveryMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function renew(options: RegistrationOptions, node: V1Node, isRenewal: boolean): Promise<void> {
  const { name, core, coordination } = options;
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: new V1MicroTime() };
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node.metadata?.uid ?? '' };
  const metadata = { name, namespace: leaseNamespace, ownerReferences: [owner] };
  if (!isRenewal) {
    const create = () => coordination.createNamespacedLease({ namespace: leaseNamespace, body: { metadata, spec } });
    await createOrRead(create, () => coordination.readNamespacedLease({ name, namespace: leaseNamespace }));
  }
  await coordination.patchNamespacedLease({ name, namespace: leaseNamespace, body: { spec } }, asMergePatch);
  const now = await core.readNode({ name });
  const ready = now.status?.conditions?.find(({ type }) => type === 'Ready');
  // After a lost lease the controllers have set it to Unknown, and only the node says that it is back.
  if (ready?.status !== 'True')
    await core.patchNodeStatus({ name, body: { status: nodeStatus(options) } }, asMergePatch);
}

async function createOrRead<T>(create: () => Promise<T>, read: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (error instanceof ApiException && error.code === 409) return read();
    throw error;
  }
}

function nodeStatus({ name, port }: RegistrationOptions): V1Node['status'] {
  const now = new Date();
  const condition = (type: string, status: string, reason: string, message: string) => ({
    ...{ type, status, reason, message },
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    allocatable: capacity,
    capacity,
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'the sandbox measures no memory'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'the sandbox measures no disk'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'the sandbox counts no processes'),
      condition('Ready', 'True', 'KubeletReady', `the sandbox's node runs processes on ${cpus().length} cores`),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      ...{ architecture: goArchitecture(), operatingSystem: platform(), osImage: 'sandbox', kernelVersion: release() },
      ...{ bootID: '', machineID: name, systemUUID: name, kubeProxyVersion: '' },
      ...{ containerRuntimeVersion: 'sandbox://1', kubeletVersion: 'v1.36.3' },
    },
  };
}

function goArchitecture(): string {
  return { x64: 'amd64', ia32: '386' }[arch() as string] ?? arch();
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
}
