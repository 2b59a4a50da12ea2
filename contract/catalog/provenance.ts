import { z } from 'zod';
import { count, url } from './fields.ts';

/** Describes which provenance an artifact needs before it is released: who has to attest it, and what it must say. */

const publicKey = z
  .string('must be a public key')
  .max(2_000, 'at most 2000 characters')
  .regex(
    /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n?$/,
    'must be a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----',
  )
  .meta({ title: 'public key' });

const trustedRoot = z
  .strictObject({
    file: z
      .string('must be a file')
      .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[\w./-]+\.json$/, 'must be a .json file below the catalog, without ..')
      .describe('Its path below the folder of the catalog, such as `trusted-roots/sigstore.json`.'),
    sha256: z
      .string('must be a hash')
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
      .describe('The SHA-256 of the file. Another content is not believed.'),
  })
  .meta({
    id: 'trustedRoot',
    title: 'Trusted root',
    description:
      'The keys of a Sigstore instance in one file, so that nothing is asked while verifying. ' +
      '`gh attestation trusted-root` or `cosign trusted-root create` writes it.',
  });

const attestor = z
  .strictObject({
    key: publicKey.optional().describe('The public key that signs: of `cosign generate-key-pair`, or of Google.'),
    identity: z
      .string('must be an identity')
      .min(1, 'must be an identity')
      .max(500, 'at most 500 characters')
      .optional()
      .describe(
        'Instead of a key: the whole identity in the certificate, such as ' +
          '`https://github.com/example/shop/.github/workflows/build.yml@refs/heads/main`. It has no wildcards.',
      ),
    issuer: url
      .optional()
      .describe('Who vouches for the identity, such as `https://token.actions.githubusercontent.com`.'),
    trustedRoot: trustedRoot.optional(),
    builder: z
      .string('must be a builder')
      .min(1, 'must be a builder')
      .max(500, 'at most 500 characters')
      .describe(
        'The id of the builder in the provenance, whole: `https://cloudbuild.googleapis.com/GoogleHostedWorker`.',
      ),
    store: z
      .enum(['registry', 'artifactAnalysis'], 'must be registry or artifactAnalysis')
      .default('registry')
      .describe('Where its attestations are: beside the image in the registry, or where Cloud Build puts them.'),
  })
  .check(({ value, issues }) => {
    const { key, identity, issuer, trustedRoot: root } = value;
    const isKey = key !== undefined && identity === undefined && issuer === undefined && root === undefined;
    const isIdentity = key === undefined && identity !== undefined && issuer !== undefined && root !== undefined;
    if (isKey || isIdentity) return;
    issues.push({
      code: 'custom',
      input: value,
      path: [],
      message: 'must have either a key, or identity, issuer and trustedRoot',
    });
  })
  .meta({
    id: 'attestor',
    title: 'Attestor',
    description: 'Whose attestations count: a key, or an identity that a certificate authority vouches for.',
  });

export const provenance = z
  .strictObject({
    attestors: z
      .array(attestor)
      .min(1, 'must have an attestor')
      .max(10, 'at most 10 attestors')
      .describe('Attestors of whom one is enough.'),
    source: url.optional().describe('The repository as the provenance names it. Default: that of `repository`.'),
    arrivesWithinSeconds: count('a number of seconds', 0, 900)
      .default(60)
      .describe('How long an attestation may come after its image.'),
  })
  .meta({
    id: 'provenance',
    title: 'Provenance',
    description:
      'What an artifact has to be attested by before it is released. The provenance must name its digest, its commit ' +
      'and the repository. A rollback is never stopped by it.',
  });

export type ProvenanceEntry = z.infer<typeof provenance>;
export type Attestor = ProvenanceEntry['attestors'][number];
export type AttestationStore = Attestor['store'];

/** Says whether the registry of an image is one that is asked for attestations: Artifact Registry, or `gcr.io`. */
export function keepsAttestations(image: string): boolean {
  return /^([a-z0-9-]+-docker\.pkg\.dev|((us|eu|asia)\.)?gcr\.io)\//.test(image);
}
