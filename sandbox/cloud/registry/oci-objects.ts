import { createHash } from 'node:crypto';
import type { Collection, Store } from '../store/store.ts';
import { parseReference } from './reference.ts';

/** A manifest that was pushed beside the images; its key is `<package>/<digest>`. */
interface ManifestRecord {
  digest: string;
  mediaType: string;
  text: string;
}

/** What is pushed by the registry's own API: attestations, signatures and other objects that are no images to run. */
export class OciObjects {
  private readonly manifests: Collection<ManifestRecord>;
  private readonly tags: Collection<string>;
  private readonly blobs: Collection<string>;

  constructor(store: Store) {
    this.manifests = store.collection('registry.oci-manifests');
    this.tags = store.collection('registry.oci-tags');
    this.blobs = store.collection('registry.oci-blobs');
  }

  /** Stores a blob and answers its digest. */
  putBlob(image: string, content: Buffer): string {
    const digest = digestOf(content);
    this.blobs.put(`${packageOf(image)}/${digest}`, content.toString('base64'));
    return digest;
  }

  blob(image: string, digest: string): Buffer | undefined {
    const found = this.blobs.get(`${packageOf(image)}/${digest}`);
    return found === undefined ? undefined : Buffer.from(found, 'base64');
  }

  /** Stores a manifest, under a tag where the reference is one, and answers its digest. */
  putManifest(image: string, reference: string, mediaType: string, content: Buffer): string {
    const digest = digestOf(content);
    this.manifests.put(`${packageOf(image)}/${digest}`, { digest, mediaType, text: content.toString('utf8') });
    if (!reference.startsWith('sha256:')) this.tags.put(`${packageOf(image)}/${reference}`, digest);
    return digest;
  }

  manifest(image: string, reference: string): ManifestRecord | undefined {
    const digest = reference.startsWith('sha256:') ? reference : this.tags.get(`${packageOf(image)}/${reference}`);
    return digest === undefined ? undefined : this.manifests.get(`${packageOf(image)}/${digest}`);
  }

  /** Lists the manifests that refer to a digest. Specification: OCI Distribution 1.1, listing referrers. */
  referrers(image: string, subject: string): object[] {
    return this.manifests.list(`${packageOf(image)}/`).flatMap(({ digest, mediaType, text }) => {
      const {
        subject: of,
        artifactType,
        annotations,
      } = JSON.parse(text) as {
        subject?: { digest?: string };
        artifactType?: string;
        annotations?: Record<string, string>;
      };
      if (of?.digest !== subject) return [];
      return [{ mediaType, digest, size: Buffer.byteLength(text), artifactType, annotations }];
    });
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function packageOf(image: string): string {
  return parseReference(image)?.packageName ?? image;
}
