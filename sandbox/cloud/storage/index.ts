import type { Cloud, Part } from '../core/cloud.ts';
import { bucketRoutes } from './buckets.ts';
import { openObjectStore } from './object-store.ts';
import { objectRoutes } from './objects.ts';
import { storageRoute } from './respond.ts';
import { createUploads } from './uploads.ts';

/** Creates the part of Cloud Storage's JSON API that uploads and downloads need. */
export function createStorage(cloud: Cloud): Part {
  const objects = openObjectStore(cloud);
  const uploads = createUploads(cloud, objects);
  const path = /^\/(?:resumable\/)?upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/;
  return {
    http: [
      storageRoute(
        cloud,
        'POST',
        path,
        (request) =>
          request.url.searchParams.get('uploadType') === 'resumable' ? 'StartResumableWrite' : 'WriteObject',
        uploads.upload,
      ),
      storageRoute(cloud, ['PUT', 'POST'], path, 'WriteObject', uploads.resume),
      ...bucketRoutes(cloud, objects),
      ...objectRoutes(cloud, objects),
    ],
  };
}
