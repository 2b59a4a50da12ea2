import { generateKeyPairSync } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issue } from './certificates/certificate.ts';
import type { CertificateSubject } from './certificates/certificate.ts';
import { nodeName } from './node-name.ts';

/** Files with a certificate and its key. */
export interface CertificateFiles {
  certificate: string;
  key: string;
}

const loopback = ['127.0.0.1', 'localhost'];
const administrators = 'system:masters';

/** Who has a certificate. Names and groups are what RBAC of Kubernetes gives rights to. */
const subjects = {
  apiServer: {
    name: 'kube-apiserver',
    hosts: [...loopback, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
  },
  apiServerToKubelet: { name: 'kube-apiserver-kubelet-client', group: administrators },
  apiServerToEtcd: { name: 'kube-apiserver-etcd-client' },
  etcd: { name: 'etcd', hosts: loopback },
  controllerManager: { name: 'system:kube-controller-manager', hosts: loopback },
  // The node is the scheduler, too: it binds pods to itself.
  node: { name: `system:node:${nodeName}`, group: administrators, hosts: [...loopback, nodeName] },
  admin: { name: 'admin', group: administrators },
} satisfies Record<string, CertificateSubject>;

export type CredentialName = keyof typeof subjects;

/** Names the files of a cluster's certificates and keys. */
export interface Credentials {
  /** Certificate of the cluster's own authority. */
  authority: string;
  /** Keys that sign and check the tokens of service accounts. */
  serviceAccounts: { privateKey: string; publicKey: string };
  of: (name: CredentialName) => CertificateFiles;
}

/** Names the files of the credentials in the cluster's folder, whether they are there yet or not. */
export const credentialsIn = (folder: string): Credentials => {
  const file = (name: string): string => join(folder, 'pki', name);
  return {
    authority: file('ca.crt'),
    serviceAccounts: { privateKey: file('service-accounts.key'), publicKey: file('service-accounts.pub') },
    of: (name) => ({ certificate: file(`${name}.crt`), key: file(`${name}.key`) }),
  };
};

const serviceAccountKeys = (): Record<string, string> => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { 'service-accounts.key': privateKey, 'service-accounts.pub': publicKey };
};

/** Makes the credentials once, all or none, readable for this user only. The authority's key is not kept. */
export const createCredentials = async (folder: string, serverAddress: string): Promise<Credentials> => {
  const credentials = credentialsIn(folder);
  const exists = await access(credentials.authority).then(
    () => true,
    () => false,
  );
  if (exists) return credentials;
  const authority = createAuthority('slipway-sandbox');
  const files: Record<string, string> = { 'ca.crt': authority.certificate, ...serviceAccountKeys() };
  for (const [name, subject] of Object.entries<CertificateSubject>(subjects)) {
    const hosts = name === 'apiServer' ? [...(subject.hosts ?? []), serverAddress] : subject.hosts;
    const { certificate, key } = issue(authority, { ...subject, ...(hosts && { hosts }) });
    files[`${name}.crt`] = certificate;
    files[`${name}.key`] = key;
  }
  const draft = join(folder, 'pki.new');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text, { mode: 0o600 });
  await rename(draft, join(folder, 'pki'));
  return credentials;
};
