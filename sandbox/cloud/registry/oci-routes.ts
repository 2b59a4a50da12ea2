import { randomUUID } from 'node:crypto';
import { sendJson, type HttpRequest, type HttpRoute } from '../server/http.ts';
import type { OciObjects } from './oci-objects.ts';

/** Begins the path of a registry: its host stands in front here, since all of them are one server. */
const registry = '^(?:/registries/(?<host>[a-z0-9.-]+))?/v2/(?<name>.+)';
const digest = '(?<digest>sha256:[0-9a-f]{64})';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Makes the path of a route below a repository. */
export function registryPath(rest: string): RegExp {
  return new RegExp(`${registry}/${rest}$`);
}

/** Names the image that a request is about, with its host. */
export function imageOf({ host = 'gcr.io', name = '' }: HttpRequest['params']): string {
  return `${host}/${name}`;
}

/**
 * Serves what tools push beside an image, and lists what refers to it. Platform: OCI Distribution Specification 1.1,
 * blobs in one piece, manifests, referrers.
 */
export function ociRoutes(objects: OciObjects): HttpRoute[] {
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
        const { params } = request;
        const stored = objects.putManifest(imageOf(params), params['reference'] ?? '', type, await request.body());
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
