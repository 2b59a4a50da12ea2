import { z } from 'zod';

/** Makes Sigstore bundles of what other tools store, so that one library verifies them all. */

/** Specification: DSSE 1.0, envelope. */
export const envelope = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ sig: z.string(), keyid: z.string().optional() })),
});
type Envelope = z.infer<typeof envelope>;

/** What cosign writes beside an envelope whose signer has a certificate. Specification: cosign, SIGNATURE_SPEC. */
const certificateKey = 'dev.sigstore.cosign/certificate';
const logEntryKey = 'dev.sigstore.cosign/bundle';

const logEntry = z.object({
  SignedEntryTimestamp: z.string(),
  Payload: z.object({ body: z.string(), integratedTime: z.number(), logIndex: z.number(), logID: z.string() }),
});
const logBody = z.object({ kind: z.string(), apiVersion: z.string() });

/** Makes a bundle of each signature, which a pinned key may verify. */
export function bundlesOfEnvelope({ payload, payloadType, signatures }: Envelope): unknown[] {
  return signatures.map(({ sig, keyid = '' }) => ({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: keyid }, tlogEntries: [] },
    dsseEnvelope: { payload, payloadType, signatures: [{ sig, keyid }] },
  }));
}

/** Makes bundles of an envelope as cosign stores it: with certificate and entry of the log, where it has them. */
export function bundlesOfCosign(text: string, annotations: Readonly<Record<string, string>>): unknown[] {
  const found = envelope.parse(JSON.parse(text));
  const certificate = annotations[certificateKey];
  if (!certificate) return bundlesOfEnvelope(found);
  const rawBytes = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(certificate)?.[1];
  return found.signatures.map(({ sig }) => ({
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: rawBytes?.replace(/\s/g, '') ?? '' }] },
      tlogEntries: [logEntryOf(annotations[logEntryKey] ?? '')],
    },
    dsseEnvelope: { ...found, signatures: [{ sig, keyid: '' }] },
  }));
}

function logEntryOf(text: string): unknown {
  const { SignedEntryTimestamp, Payload } = logEntry.parse(JSON.parse(text));
  const { kind, apiVersion } = logBody.parse(JSON.parse(Buffer.from(Payload.body, 'base64').toString('utf8')));
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}
