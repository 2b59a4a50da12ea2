import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { etcd } from '../../sandbox/servers/etcd.ts';
import { obtainKubernetes } from '../../sandbox/servers/kubernetes.ts';
import { ServerMissing } from '../../sandbox/servers/missing.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';

const run = promisify(execFile);

export interface ClusterPrograms {
  etcd: string;
  apiServer: string;
  controllerManager: string;
  kubectl: string;
}

/** Finds the programs, or builds them, which takes minutes; answers why that is impossible on this machine. */
export const clusterPrograms = async (): Promise<ClusterPrograms | string> => {
  try {
    const programs = { etcd: await obtain(etcd, () => {}), ...(await obtainKubernetes(() => {})) };
    return programs;
  } catch (error) {
    if (!(error instanceof ServerMissing)) throw error;
    return error.message;
  }
};

/** Runs kubectl as somebody of the kubeconfig; answers what it writes. Its cache is of no use to anybody here. */
export const kubectlOf =
  (program: string, kubeconfig: string) =>
  async (...args: string[]): Promise<string> => {
    const { stdout } = await run(program, ['--kubeconfig', kubeconfig, '--cache-dir', `${kubeconfig}.cache`, ...args]);
    return stdout;
  };

/** Applies objects through a pipe of JSON, which is YAML. */
export const applyWith = async (program: string, kubeconfig: string, ...objects: object[]): Promise<void> => {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const applying = run(program, ['--kubeconfig', kubeconfig, 'apply', '--server-side', '--filename', '-']);
  applying.child.stdin?.end(list);
  await applying;
};

/** An entry of the API server's audit log, as far as tests read it. */
export interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string };
  userAgent?: string;
  objectRef?: { resource: string; apiGroup?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code: number };
  requestObject?: unknown;
  responseObject?: unknown;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

export const auditEvents = async (file: string): Promise<AuditEvent[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEvent);
