import { randomUUID } from 'node:crypto';
import type { Build, BuiltImage } from '../build/build-store.ts';
import type { Cloud } from '../core/cloud.ts';
import type { Collection, Store } from '../store/store.ts';
import { openBuildKey } from './build-key.ts';
import { signStatement, type Envelope } from './envelope.ts';

/** An occurrence of kind BUILD; its key is the URL of the image and its own name. */
export interface Occurrence {
  name: string;
  kind: 'BUILD';
  noteName: string;
  resourceUri: string;
  createTime: string;
  updateTime: string;
  envelope: Envelope;
}

const keyid =
  'projects/verified-builder/locations/global/keyRings/attestor/cryptoKeys/provenanceSigner/cryptoKeyVersions/1';
const builder = 'https://cloudbuild.googleapis.com/GoogleHostedWorker';

/** Opens the occurrences of images. */
export function openOccurrences(store: Store): Collection<Occurrence> {
  return store.collection<Occurrence>('analysis.occurrences');
}

/**
 * Attests what a build has made, in the form of Cloud Build's own provenance: one occurrence an image, its signed
 * envelope with a statement of SLSA 1.0. Platform: Cloud Build, build provenance.
 */
export function attestBuild(cloud: Pick<Cloud, 'dir' | 'store'>, build: Build, images: readonly BuiltImage[]): void {
  const occurrences = openOccurrences(cloud.store);
  const privateKey = openBuildKey(cloud.dir);
  for (const { name: reference, digest } of images) {
    const image = reference.replace(/:[\w.-]+$/, '');
    const subject = [image, reference].map((name) => ({
      name: `https://${name}`,
      digest: { sha256: digest.replace('sha256:', '') },
    }));
    const now = new Date().toISOString();
    const name = `projects/${build.projectId}/occurrences/${randomUUID()}`;
    const resourceUri = `https://${image}@${digest}`;
    occurrences.put(`${resourceUri} ${name}`, {
      name,
      kind: 'BUILD',
      noteName: `projects/verified-builder/notes/intoto_slsa_v1_${build.id}`,
      resourceUri,
      createTime: now,
      updateTime: now,
      envelope: signStatement(statementOf(build, subject), privateKey, keyid),
    });
  }
}

function statementOf(build: Build, subject: object[]): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://cloud.google.com/build/gcb-buildtypes/google-worker/v1',
        externalParameters: { substitutions: build.substitutions },
        internalParameters: { systemSubstitutions: { BUILD_ID: build.id } },
        resolvedDependencies: sourcesOf(build),
      },
      runDetails: {
        builder: { id: builder },
        metadata: { invocationId: `https://cloudbuild.googleapis.com/v1/${build.name}` },
        byproducts: [{}],
      },
    },
  };
}

function sourcesOf({ sourceProvenance }: Build): object[] {
  const { resolvedGitSource: git, resolvedStorageSource: object } = sourceProvenance ?? {};
  if (git) return [{ uri: `git+${git.url}`, digest: { gitCommit: git.revision } }];
  return object ? [{ uri: `gs://${object.bucket}/${object.object}#${object.generation}`, digest: {} }] : [];
}
