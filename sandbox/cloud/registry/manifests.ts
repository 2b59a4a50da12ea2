import type { HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';
import type { ImageStore } from './image-store.ts';
import { parseReference } from './reference.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Serves what a registry of `gcr.io` says of its images: the digest of a tag, and the tags of its digests. Platform:
 * OCI Distribution Specification 1.1; the field `manifest` of a list of tags is Container Registry's own.
 */
export function manifestRoutes(images: ImageStore): HttpRoute[] {
  return [
    {
      method: ['GET', 'HEAD'],
      path: /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[\w.:-]+)$/,
      handle: ({ params: { name = '', reference = '' } }, response) => {
        const found = images.resolve(`gcr.io/${name}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`);
        if (found === undefined) return sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
        response.setHeader('docker-content-digest', found.digest);
        sendJson(response, 200, { schemaVersion: 2, mediaType: manifestType });
      },
    },
    {
      method: 'GET',
      path: /^\/v2\/(?<name>.+)\/tags\/list$/,
      handle: ({ params: { name = '' } }, response) => {
        const prefix = `${parseReference(`gcr.io/${name}`)?.packageName ?? ''}/tags/`;
        const tags = images.tags.list(prefix).map((tag) => ({
          tag: tag.name.slice(prefix.length),
          digest: tag.version.split('/').at(-1) ?? '',
        }));
        const digests = [...new Set(tags.map(({ digest }) => digest))];
        const tagsOf = (digest: string) => tags.filter((tag) => tag.digest === digest).map(({ tag }) => tag);
        sendJson(response, 200, {
          name,
          tags: tags.map(({ tag }) => tag),
          manifest: Object.fromEntries(digests.map((digest) => [digest, { tag: tagsOf(digest) }])),
        });
      },
    },
  ];
}
