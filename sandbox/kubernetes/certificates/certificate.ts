import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, explicit, implicit, integer, isTrue, octets, oid, sequence, set, time, utf8 } from './der.ts';

/** A certificate and its private key, both as PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

export interface CertificateSubject {
  /** The user's name for Kubernetes. */
  name: string;
  /** The user's group for Kubernetes. */
  group?: string;
  /** Addresses and names under which a server with this certificate is called. */
  hosts?: string[];
}

/** An authority that issues certificates; `name` is its subject. */
export interface Authority extends Certificate {
  name: string;
}

const years = 10;
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const keyUsage = { sign: Buffer.from([0x80]), signCertificates: Buffer.from([0x06]) };
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

const nameOf = ({ name, group }: Pick<CertificateSubject, 'name' | 'group'>): Buffer => {
  const part = (type: string, value: string): Buffer => set(sequence(oid(type), utf8(value)));
  return sequence(...(group === undefined ? [] : [part('2.5.4.10', group)]), part('2.5.4.3', name));
};

const extension = (id: string, content: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [isTrue] : []), octets(content));

const host = (address: string): Buffer =>
  isIP(address) === 4
    ? implicit(7, Buffer.from(address.split('.').map(Number)))
    : implicit(2, Buffer.from(address, 'ascii'));

const keyId = (publicKey: Buffer): Buffer => createHash('sha1').update(publicKey).digest();

const authorityExtensions = (publicKey: Buffer): Buffer[] => [
  extension('2.5.29.19', sequence(isTrue), true),
  extension('2.5.29.15', bits(keyUsage.signCertificates, 1), true),
  extension('2.5.29.14', octets(keyId(publicKey))),
];

const endExtensions = (publicKey: Buffer, issuerKey: Buffer, hosts: string[]): Buffer[] => [
  extension('2.5.29.15', bits(keyUsage.sign, 7), true),
  extension('2.5.29.37', sequence(oid(purposes.server), oid(purposes.client))),
  extension('2.5.29.14', octets(keyId(publicKey))),
  extension('2.5.29.35', sequence(implicit(0, keyId(issuerKey)))),
  ...(hosts.length > 0 ? [extension('2.5.29.17', sequence(...hosts.map(host)))] : []),
];

const pem = (content: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${content.toString('base64').replaceAll(/(.{64})(?!$)/g, '$1\n')}\n` +
  '-----END CERTIFICATE-----\n';

const newKey = (): { publicKey: Buffer; key: string } =>
  (({ publicKey, privateKey }) => ({ publicKey, key: privateKey }))(
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  );

interface Content {
  subject: Buffer;
  issuer: Buffer;
  publicKey: Buffer;
  extensions: Buffer[];
}

/** Makes the certificate that the issuer's key signs (platform: RFC 5280, section 4.1). */
const signed = ({ subject, issuer, publicKey, extensions }: Content, issuerKey: string): string => {
  const from = new Date(Date.now() - 24 * 3_600_000);
  const until = new Date(from);
  until.setUTCFullYear(from.getUTCFullYear() + years);
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    issuer,
    sequence(time(from), time(until)),
    subject,
    publicKey,
    explicit(3, sequence(...extensions)),
  );
  return pem(sequence(content, ecdsaWithSha256, bits(sign('sha256', content, createPrivateKey(issuerKey)))));
};

/** Makes an authority of its own, which nobody else trusts. */
export const createAuthority = (name: string): Authority => {
  const { publicKey, key } = newKey();
  const subject = nameOf({ name });
  const extensions = authorityExtensions(publicKey);
  return { name, key, certificate: signed({ subject, issuer: subject, publicKey, extensions }, key) };
};

/** Issues a certificate for a server, a client, or what is both. */
export const issue = (authority: Authority, { hosts = [], ...subject }: CertificateSubject): Certificate => {
  const { publicKey, key } = newKey();
  const issuerKey = createPublicKey(authority.key).export({ type: 'spki', format: 'der' });
  const extensions = endExtensions(publicKey, issuerKey, hosts);
  const content = { subject: nameOf(subject), issuer: nameOf(authority), publicKey, extensions };
  return { key, certificate: signed(content, authority.key) };
};
