import type { HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';
import type { ImageStore } from './image-store.ts';
import type { OciObjects } from './oci-objects.ts';
import { imageOf, registryPath } from './oci-routes.ts';
import { parseReference } from './reference.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Serves what a registry says of its images: the digest of a tag, and the tags of its digests. Platform: OCI
 * Distribution Specification 1.1; the field `manifest` of a list of tags is Container Registry's own.
 */
export function manifestRoutes(images: ImageStore, objects: OciObjects): HttpRoute[] {
  return [
    {
      method: ['GET', 'HEAD'],
      path: registryPath('manifests/(?<reference>[\\w.:-]+)'),
      handle: ({ params }, response) => {
        const { reference = '' } = params;
        const image = imageOf(params);
        const object = objects.manifest(image, reference);
        if (object) {
          const headers = { 'content-type': object.mediaType, 'docker-content-digest': object.digest };
          return void response.writeHead(200, headers).end(object.text);
        }
        const found = images.resolve(`${image}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`);
        if (found === undefined) return sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
        response.setHeader('docker-content-digest', found.digest);
        sendJson(response, 200, { schemaVersion: 2, mediaType: manifestType });
      },
    },
    {
      method: 'GET',
      path: registryPath('tags/list'),
      handle: ({ params }, response) => {
        const prefix = `${parseReference(imageOf(params))?.packageName ?? ''}/tags/`;
        const tags = images.tags.list(prefix).map((tag) => ({
          tag: tag.name.slice(prefix.length),
          digest: tag.version.split('/').at(-1) ?? '',
        }));
        const digests = [...new Set(tags.map(({ digest }) => digest))];
        const tagsOf = (digest: string) => tags.filter((tag) => tag.digest === digest).map(({ tag }) => tag);
        sendJson(response, 200, {
          name: params['name'] ?? '',
          tags: tags.map(({ tag }) => tag),
          manifest: Object.fromEntries(digests.map((digest) => [digest, { tag: tagsOf(digest) }])),
        });
      },
    },
  ];
}
