import { execa, ExecaError } from 'execa';

/** The sandbox's cluster, and the program with which a person reaches it. */
export interface Cluster {
  kubectl: string;
  kubeconfig: string;
}

const timeoutMs = 120_000;

/** Runs kubectl as the administrator does; answers what it printed. */
export const runKubectl = async ({ kubectl, kubeconfig }: Cluster, args: string[], input = ''): Promise<string> => {
  const connection = ['--kubeconfig', kubeconfig, '--cache-dir', `${kubeconfig}.cache`];
  const { stdout } = await execa(kubectl, [...connection, ...args], { input, timeout: timeoutMs });
  return stdout;
};

/** Creates an object unless it is there. What is there stays as it is. */
export const createOnce = async (cluster: Cluster, object: object): Promise<void> => {
  try {
    await runKubectl(cluster, ['create', '--filename', '-'], JSON.stringify(object));
  } catch (error) {
    if (!(error instanceof ExecaError) || !String(error.stderr).includes('(AlreadyExists)')) throw error;
  }
};

/** Reads an object; undefined where there is none. */
export const readObject = async <T>(cluster: Cluster, namespace: string, name: string): Promise<T | undefined> => {
  const args = ['--namespace', namespace, 'get', name, '--ignore-not-found', '--output', 'json'];
  const text = await runKubectl(cluster, args);
  return text === '' ? undefined : (JSON.parse(text) as T);
};
