import { randomUUID } from 'node:crypto';
import { sendJson, type HttpRequest, type HttpRoute } from '../server/http.ts';
import type { ImageStore } from './image-store.ts';
import type { OciObjects } from './oci-objects.ts';

/** Begins the path of a registry: its host stands in front here, since all of them are one server. */
const registry = '^(?:/registries/(?<host>[a-z0-9.-]+))?/v2/(?<name>.+)';
const digest = '(?<digest>sha256:[0-9a-f]{64})';
const indexType = 'application/vnd.oci.image.index.v1+json';
const indexTypes = [indexType, 'application/vnd.docker.distribution.manifest.list.v2+json'];

/** Makes the path of a route below a repository. */
export function registryPath(rest: string): RegExp {
  return new RegExp(`${registry}/${rest}$`);
}

/** Names the image that a request is about, with its host. */
export function imageOf({ host = 'gcr.io', name = '' }: HttpRequest['params']): string {
  return `${host}/${name}`;
}

function platformsOf(index: Buffer): string[] {
  const { manifests = [] } = JSON.parse(index.toString('utf8')) as { manifests?: { digest: string }[] };
  return manifests.map(({ digest: image }) => image);
}

/**
 * Serves what tools push beside an image, and lists what refers to it. Platform: OCI Distribution Specification 1.1,
 * blobs in one piece, manifests, referrers.
 */
export function ociRoutes(objects: OciObjects, images: ImageStore): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: registryPath('blobs/uploads/'),
      handle: ({ url }, response) => {
        response.writeHead(202, { location: `${url.pathname}${randomUUID()}` }).end();
      },
    },
    {
      method: 'PUT',
      path: registryPath('blobs/uploads/[0-9a-f-]{36}'),
      handle: async (request, response) => {
        const stored = objects.putBlob(imageOf(request.params), await request.body());
        const isRight = stored === request.url.searchParams.get('digest');
        response.writeHead(isRight ? 201 : 400, { 'docker-content-digest': stored }).end();
      },
    },
    {
      method: 'GET',
      path: registryPath(`blobs/${digest}`),
      handle: ({ params }, response) => {
        const found = objects.blob(imageOf(params), params['digest'] ?? '');
        if (!found) return sendJson(response, 404, { errors: [{ code: 'BLOB_UNKNOWN' }] });
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found);
      },
    },
    {
      method: 'PUT',
      path: registryPath('manifests/(?<reference>[\\w.:-]+)'),
      handle: async (request, response) => {
        const type = request.message.headers['content-type'] ?? '';
        const [image, { reference = '' }] = [imageOf(request.params), request.params];
        const content = await request.body();
        const stored = objects.putManifest(image, reference, type, content);
        const tag = reference.startsWith('sha256:') ? undefined : reference;
        if (indexTypes.includes(type)) images.addIndex(image, tag, stored, platformsOf(content));
        response.writeHead(201, { 'docker-content-digest': stored }).end();
      },
    },
    {
      method: 'GET',
      path: registryPath(`referrers/${digest}`),
      handle: ({ params }, response) => {
        const manifests = objects.referrers(imageOf(params), params['digest'] ?? '');
        sendJson(response, 200, { schemaVersion: 2, mediaType: indexType, manifests });
      },
    },
  ];
}
