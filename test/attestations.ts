import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { TrustedRoot } from '@sigstore/protobuf-specs';

/** Makes attestations as tools do: statements, signed by a key or by an identity of a Sigstore of our own. */

export const payloadType = 'application/vnd.in-toto+json';
export const builder = 'https://builder.example/trusted@v1';
export const workflowIdentity = 'https://github.com/example/service/.github/workflows/build.yml@refs/heads/main';
export const issuer = 'https://token.actions.githubusercontent.com';

export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
}

/** The same artifact in a registry that is asked for attestations. */
export function attestable<A extends { image: string }>(artifact: A): A {
  return { ...artifact, image: artifact.image.replace(/^[^/]+/, 'us-docker.pkg.dev') };
}

interface Claim {
  digest: string;
  commit: string;
  repository: string;
  builder?: string;
}

const subjectOf = (digest: string) => [{ name: 'image', digest: { sha256: digest.replace('sha256:', '') } }];

/** Makes a statement of SLSA 1.0. */
export function slsa1({ digest, commit, repository, builder: id = builder }: Claim) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjectOf(digest),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://builder.example/type',
        resolvedDependencies: [
          { uri: `git+${repository}@refs/heads/main`, digest: { gitCommit: commit } },
          { uri: 'docker.example/base@sha256:1', digest: { sha256: '1' } },
        ],
      },
      runDetails: { builder: { id }, metadata: { invocationId: 'https://builder.example/runs/7' } },
    },
  };
}

/** Makes a statement of SLSA 0.2. */
export function slsa02({ digest, commit, repository, builder: id = builder }: Claim) {
  const source = { uri: `git+${repository}@refs/heads/main`, digest: { sha1: commit } };
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: subjectOf(digest),
    predicateType: 'https://slsa.dev/provenance/v0.2',
    predicate: { builder: { id }, invocation: { configSource: source }, materials: [source] },
  };
}

/** A pair of keys, the public half in PEM. */
export function keyPair(): { privateKey: KeyObject; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, key: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
}

/** Signs a statement in an envelope. */
export function signedByKey(statement: object, privateKey: KeyObject): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const sig = sign('sha256', encoded, privateKey).toString('base64');
  return { payload: payload.toString('base64'), payloadType, signatures: [{ keyid: '', sig }] };
}

/** Makes a bundle of an envelope that a key has signed. */
export function keyBundle(envelope: Envelope) {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
    dsseEnvelope: envelope,
  };
}

interface Signing {
  identity?: string;
  issuer?: string;
  /** Commit that the certificate names, of the repository that it names. */
  certified?: { repository: string; commit: string };
}

/** What an identity has signed: as a bundle, and as cosign stores it beside an image. */
export interface IdentitySigned {
  bundle: object;
  /** The same without the log: an authority says when it was signed, as GitHub's own does. */
  timed: object;
  envelope: Envelope;
  annotations: Record<string, string>;
}

interface SigstoreOptions {
  /** Time at which certificates are issued. */
  certificateClock?: Date;
  /** True for one without logs, as GitHub's own for private repositories: its root names none. */
  hasNoLogs?: boolean;
}

/** A Sigstore of our own: its root, and its way to sign. */
export async function openSigstore({ certificateClock, hasNoLogs = false }: SigstoreOptions = {}): Promise<{
  trustedRoot: string;
  sign(statement: object, signing?: Signing): Promise<IdentitySigned>;
}> {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ctLog = await initializeCTLog(pair());
  const ca = await initializeCA(pair(), hasNoLogs ? undefined : ctLog, certificateClock);
  const log = await initializeTLog('https://log.example', pair());
  // In whole seconds, since the mock writes fractions that the library does not read; after each certificate begins.
  const clock = await initializeTSA(pair(), new Date((Math.ceil(Date.now() / 1_000) + 60) * 1_000));
  const authorities = {
    certificateAuthorities: [authorityOf(ca.rootCertificate)],
    timestampAuthorities: [authorityOf(clock.intCertificate, clock.rootCertificate)],
  };
  const logs = {
    tlogs: [logOf(log.publicKey, createHash('sha256').update(log.publicKey).digest())],
    ctlogs: [logOf(bytesOf(ctLog.publicKey), bytesOf(ctLog.logID))],
  };
  return {
    trustedRoot: rootOf({ ...authorities, ...(hasNoLogs ? { tlogs: [], ctlogs: [] } : logs) }),
    sign: async (statement, { identity = workflowIdentity, issuer: by = issuer, certified } = {}) => {
      const { privateKey, publicKey } = pair();
      const oid = (last: number, value: string, legacy = false) => ({
        oid: `1.3.6.1.4.1.57264.1.${last}`,
        value,
        legacy,
      });
      const certificate = Buffer.from(
        bytesOf(
          await ca.issueCertificate({
            publicKey: publicKey.export({ format: 'der', type: 'spki' }),
            subjectAltName: identity,
            extensions: [
              oid(1, by, true),
              oid(8, by),
              ...(certified ? [oid(12, certified.repository), oid(13, certified.commit)] : []),
            ],
          }),
        ),
      );
      const envelope = signedByKey(statement, privateKey);
      const [entry] = Object.values((await log.log(logBodyOf(envelope, certificate))) as Record<string, LogEntry>);
      if (!entry) throw new Error('the log answered nothing');
      const signature = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
      const time = await clock.timestamp({
        artifactHash: createHash('sha256').update(signature).digest(),
        hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
        policyOID: '1.3.6.1.4.1.57264.2',
        nonce: 1,
      });
      return { ...signedForms(envelope, certificate, entry), timed: timedBundle(envelope, certificate, bytesOf(time)) };
    },
  };
}

interface LogEntry {
  body: string;
  integratedTime: number;
  logIndex: number;
  logID: string;
  verification: { signedEntryTimestamp: string };
}

function timedBundle(envelope: Envelope, certificate: Buffer, time: Buffer): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString('base64') },
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: time.toString('base64') }] },
      tlogEntries: [],
    },
    dsseEnvelope: envelope,
  };
}

function signedForms(envelope: Envelope, certificate: Buffer, entry: LogEntry): Omit<IdentitySigned, 'timed'> {
  const { body, integratedTime, logIndex, logID } = entry;
  const { signedEntryTimestamp } = entry.verification;
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const Payload = { body, integratedTime, logIndex, logID };
  return {
    envelope,
    annotations: {
      'dev.cosignproject.cosign/signature': '',
      'dev.sigstore.cosign/certificate': pem,
      'dev.sigstore.cosign/bundle': JSON.stringify({ SignedEntryTimestamp: signedEntryTimestamp, Payload }),
    },
    bundle: {
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: certificate.toString('base64') }] },
        tlogEntries: [
          {
            logIndex: String(logIndex),
            logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
            kindVersion: { kind: 'dsse', version: '0.0.1' },
            integratedTime: String(integratedTime),
            inclusionPromise: { signedEntryTimestamp },
            canonicalizedBody: body,
          },
        ],
      },
      dsseEnvelope: envelope,
    },
  };
}

/** Makes what Rekor records of an envelope. */
function logBodyOf({ payload, signatures }: Envelope, certificate: Buffer): object {
  const value = createHash('sha256').update(Buffer.from(payload, 'base64')).digest('hex');
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value },
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: certificate.toString('base64') })),
    },
  };
}

const validFor = { start: new Date(0) };

function logOf(rawBytes: Buffer, keyId: Buffer): TrustedRoot['tlogs'][number] {
  return {
    baseUrl: 'https://log.example',
    hashAlgorithm: 1,
    publicKey: { rawBytes, keyDetails: 5, validFor },
    logId: { keyId },
    checkpointKeyId: undefined,
    operator: '',
  };
}

function authorityOf(...chain: ArrayBufferView[]): TrustedRoot['certificateAuthorities'][number] {
  return {
    subject: undefined,
    uri: 'https://ca.example',
    certChain: { certificates: chain.map((certificate) => ({ rawBytes: bytesOf(certificate) })) },
    validFor,
    operator: '',
  };
}

function rootOf(parts: Omit<TrustedRoot, 'mediaType'>): string {
  const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
  return JSON.stringify(TrustedRoot.toJSON({ mediaType, ...parts }));
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
