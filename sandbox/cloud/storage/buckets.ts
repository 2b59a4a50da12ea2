import { z } from 'zod';
import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import type { HttpRoute } from '../server/http.ts';
import type { ObjectStore } from './object-store.ts';
import { presentBucket } from './present.ts';
import { storageRoute } from './respond.ts';

const bucketSchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'Invalid bucket name'),
  location: z.string().optional(),
  storageClass: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** Serves the buckets of the Cloud Storage JSON API. */
export function bucketRoutes(cloud: Cloud, objects: ObjectStore): HttpRoute[] {
  const all = /^\/storage\/v1\/b$/;
  const one = /^\/storage\/v1\/b\/(?<bucket>[^/]+)$/;
  return [
    storageRoute(cloud, 'POST', all, 'CreateBucket', async (request, call) => {
      const parsed = bucketSchema.safeParse(await request.json().catch(() => undefined));
      if (!parsed.success) throw new RpcError('INVALID_ARGUMENT', z.prettifyError(parsed.error));
      const { name, location = 'US', storageClass = 'STANDARD', labels } = parsed.data;
      const project = request.url.searchParams.get('project');
      if (project !== cloud.project)
        throw new RpcError(
          'PERMISSION_DENIED',
          `The caller has no permission on project '${project ?? ''}' (or it may not exist).`,
        );
      if (objects.buckets.get(name) !== undefined)
        throw new RpcError(
          'ALREADY_EXISTS',
          'Your previous request to create the named bucket succeeded and you already own it.',
        );
      const bucket = {
        name,
        location: location.toUpperCase(),
        storageClass,
        timeCreated: new Date().toISOString(),
        ...(labels && { labels }),
      };
      objects.buckets.put(name, bucket);
      call.effect('created', `projects/_/buckets/${name}`);
      return { json: presentBucket(cloud, bucket) };
    }),
    storageRoute(cloud, 'GET', all, 'ListBuckets', (request) => {
      const prefix = request.url.searchParams.get('prefix') ?? '';
      const items = objects.buckets.list(prefix).map((bucket) => presentBucket(cloud, bucket));
      return { json: { kind: 'storage#buckets', ...(items.length > 0 && { items }) } };
    }),
    storageRoute(cloud, 'GET', one, 'GetBucket', (request) => ({
      json: presentBucket(cloud, objects.bucket(request.params['bucket'] ?? '')),
    })),
    storageRoute(cloud, 'DELETE', one, 'DeleteBucket', (request, call) => {
      const { name } = objects.bucket(request.params['bucket'] ?? '');
      if (objects.list(name, '').length > 0)
        throw new RpcError('ALREADY_EXISTS', 'The bucket you tried to delete is not empty.');
      objects.buckets.delete(name);
      call.effect('deleted', `projects/_/buckets/${name}`);
      return { status: 204 };
    }),
  ];
}
