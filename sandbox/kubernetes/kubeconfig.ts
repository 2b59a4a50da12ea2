import { readFile, writeFile } from 'node:fs/promises';
import type { CredentialName, Credentials } from './credentials.ts';

const base64 = async (file: string): Promise<string> => (await readFile(file)).toString('base64');

export interface KubeconfigOptions {
  server: string;
  credentials: Credentials;
  /** Who uses it; also the name of the context. */
  user: CredentialName;
}

/** Writes a kubeconfig with one context, named as its user. It holds a key: this user alone can read it. */
export const writeKubeconfig = async (
  file: string,
  { server, credentials, user }: KubeconfigOptions,
): Promise<string> => {
  const cluster = 'slipway-sandbox';
  const { certificate, key } = credentials.of(user);
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    clusters: [
      { name: cluster, cluster: { server, 'certificate-authority-data': await base64(credentials.authority) } },
    ],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': await base64(certificate), 'client-key-data': await base64(key) },
      },
    ],
    contexts: [{ name: user, context: { cluster, user, namespace: 'default' } }],
  };
  // JSON is YAML.
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  return file;
};
