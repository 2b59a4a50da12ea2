import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { HttpRequest, HttpRoute } from '../server/http.ts';
import { download, isDownload } from './download.ts';
import { listObjects } from './listing.ts';
import type { ObjectRecord, ObjectStore } from './object-store.ts';
import { checkPreconditions } from './preconditions.ts';
import { presentObject } from './present.ts';
import { storageRoute } from './respond.ts';
import { metadataSchema } from './uploads.ts';

/** Serves the objects of the Cloud Storage JSON API. */
export function objectRoutes(cloud: Cloud, objects: ObjectStore): HttpRoute[] {
  const one = /^\/(?:download\/)?storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>.+)$/;
  return [
    storageRoute(cloud, 'GET', /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/, 'ListObjects', (request) => {
      const { name } = objects.bucket(request.params['bucket'] ?? '');
      return { json: listObjects(cloud, objects, name, request.url.searchParams) };
    }),
    storageRoute(
      cloud,
      'GET',
      one,
      (request) => (isDownload(request) ? 'ReadObject' : 'GetObject'),
      async (request) => {
        const object = findObject(objects, request);
        checkPreconditions(request.url.searchParams, object, true);
        return isDownload(request) ? await download(objects, object, request) : { json: presentObject(cloud, object) };
      },
    ),
    storageRoute(cloud, 'PATCH', one, 'UpdateObject', async (request, call) => {
      const object = findObject(objects, request);
      checkPreconditions(request.url.searchParams, object);
      const { name: _name, md5Hash: _md5, crc32c: _crc, ...described } = metadataSchema.parse(await request.json());
      call.effect('updated', resourceName(object));
      return { json: presentObject(cloud, objects.describe(object, described)) };
    }),
    storageRoute(cloud, 'DELETE', one, 'DeleteObject', (request, call) => {
      const object = findObject(objects, request);
      checkPreconditions(request.url.searchParams, object);
      objects.remove(object);
      call.effect('deleted', resourceName(object));
      return { status: 204 };
    }),
  ];
}

function resourceName(object: ObjectRecord): string {
  return `projects/_/buckets/${object.bucket}/objects/${object.name}`;
}

function findObject(objects: ObjectStore, request: HttpRequest): ObjectRecord {
  const { name: bucket } = objects.bucket(decodeURIComponent(request.params['bucket'] ?? ''));
  const name = decodeURIComponent(request.params['object'] ?? '');
  const found = objects.find(bucket, name);
  const generation = request.url.searchParams.get('generation');
  if (found === undefined || (generation !== null && generation !== found.generation)) {
    throw new RpcError('NOT_FOUND', `No such object: ${bucket}/${name}`);
  }
  return found;
}
