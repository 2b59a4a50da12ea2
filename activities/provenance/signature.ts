import { createHash, createPublicKey } from 'node:crypto';
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier, type SignedEntity, type Signer } from '@sigstore/verify';
import type { Attestor } from '../../contract/catalog/provenance.ts';
import { oneLine } from '../one-line.ts';
import { ProvenanceProblem } from './problem.ts';

/** What was signed, and what the certificate says of the commit; empty where it says nothing. */
export interface SignedStatement {
  payload: Buffer;
  certified: { repository: string; commit: string };
}

const statementType = 'application/vnd.in-toto+json';
const nothingTrusted = TrustedRoot.fromJSON({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' });

/** Extensions of a certificate of Fulcio. Specification: Fulcio, OID information, 1.3.6.1.4.1.57264.1 */
const sourceRepositoryUri = '1.3.6.1.4.1.57264.1.12';
const sourceRepositoryDigest = '1.3.6.1.4.1.57264.1.13';

/**
 * Verifies the signature of a bundle by what the catalog pins, and answers what was signed. Nothing is asked of anybody
 * meanwhile. `trustedRoot` is the content of the attestor's file.
 */
export function verifySignature(stored: unknown, attestor: Attestor, trustedRoot: string | null): SignedStatement {
  const bundle = readBundle(stored);
  if (bundle.content.$case !== 'dsseEnvelope' || bundle.content.dsseEnvelope.payloadType !== statementType)
    throw new ProvenanceProblem('is no statement of in-toto');
  const { payload } = bundle.content.dsseEnvelope;
  const entity = entityOf(bundle);
  const certified =
    attestor.key === undefined
      ? verifyIdentity(entity, attestor, trustedRoot ?? '')
      : verifyByKey(entity, attestor.key);
  return { payload: Buffer.from(payload), certified };
}

/** Names an attestor for people. */
export function describeAttestor({ key, identity, issuer }: Attestor): string {
  if (key === undefined) return `${identity ?? ''} (${issuer ?? ''})`;
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return `key SHA256:${createHash('sha256').update(der).digest('hex').slice(0, 16)}`;
}

function readBundle(stored: unknown): Bundle {
  try {
    return bundleFromJSON(stored);
  } catch {
    throw new ProvenanceProblem('cannot be read');
  }
}

function entityOf(bundle: Bundle): SignedEntity {
  try {
    return toSignedEntity(bundle);
  } catch {
    throw new ProvenanceProblem('has a certificate or a time that cannot be read');
  }
}

/** A pinned key needs no log and no time: it counts for as long as the catalog names it. */
function verifyByKey(entity: SignedEntity, key: string): SignedStatement['certified'] {
  const found = { publicKey: createPublicKey(key), validFor: () => true };
  const verifier = new Verifier(
    toTrustMaterial(nothingTrusted, () => found),
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  const signed: SignedEntity = { ...entity, key: { $case: 'public-key', hint: '' }, tlogEntries: [], timestamps: [] };
  verify(verifier, signed);
  return { repository: '', commit: '' };
}

/**
 * A certificate lives some minutes: a log or an authority for times has to say that it was valid when it signed. Which
 * logs have to know of it follows from the pinned root. The library takes an identity for a pattern, which another
 * identity may match, so it is compared here.
 */
function verifyIdentity(entity: SignedEntity, attestor: Attestor, text: string): SignedStatement['certified'] {
  if (entity.key.$case !== 'certificate') throw new ProvenanceProblem('is signed by a key, and by no identity');
  const root = readRoot(text, attestor);
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  });
  const { identity } = verify(verifier, entity);
  const { subjectAlternativeName = '', extensions } = identity ?? {};
  if (subjectAlternativeName !== attestor.identity || extensions?.issuer !== attestor.issuer)
    throw new ProvenanceProblem(
      `is signed by ${oneLine(subjectAlternativeName) || 'nobody'} (${oneLine(extensions?.issuer ?? 'no issuer')}), ` +
        'whom no attestor names',
    );
  return {
    repository: extensionOf(identity, sourceRepositoryUri),
    commit: extensionOf(identity, sourceRepositoryDigest),
  };
}

function verify(verifier: Verifier, entity: SignedEntity): Signer {
  try {
    return verifier.verify(entity);
  } catch (error) {
    throw new ProvenanceProblem(`does not verify: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readRoot(text: string, { trustedRoot }: Attestor): TrustedRoot {
  try {
    return TrustedRoot.fromJSON(JSON.parse(text));
  } catch {
    throw new ProvenanceProblem(`cannot be verified: ${trustedRoot?.file ?? ''} is no trusted root`);
  }
}

/** Reads an extension's text, which is a short UTF8String in DER; empty if there is none. */
function extensionOf(identity: Signer['identity'], oid: string): string {
  const value = identity?.oids?.find((one) => one.oid?.id.join('.') === oid)?.value;
  if (!value || value[0] !== 0x0c || value[1] !== value.length - 2) return '';
  return Buffer.from(value.subarray(2)).toString('utf8');
}
