import type { Cloud } from '../core/cloud.ts';
import { projectNumber } from '../core/project-number.ts';
import type { BucketRecord, ObjectRecord } from './object-store.ts';

/** Presents an object as `storage#object` of the JSON API. */
export function presentObject(cloud: Cloud, object: ObjectRecord): object {
  const { file: _file, ...visible } = object;
  const self = `http://127.0.0.1:${cloud.httpPort}/storage/v1/b/${object.bucket}/o/${encodeURIComponent(object.name)}`;
  return {
    kind: 'storage#object',
    id: `${object.bucket}/${object.name}/${object.generation}`,
    selfLink: self,
    mediaLink: `${self.replace('/storage/v1/', '/download/storage/v1/')}?generation=${object.generation}&alt=media`,
    ...visible,
    timeStorageClassUpdated: object.timeCreated,
    timeFinalized: object.timeCreated,
  };
}

/** Presents a bucket as `storage#bucket` of the JSON API. */
export function presentBucket(cloud: Cloud, bucket: BucketRecord): object {
  return {
    kind: 'storage#bucket',
    id: bucket.name,
    selfLink: `http://127.0.0.1:${cloud.httpPort}/storage/v1/b/${bucket.name}`,
    projectNumber,
    metageneration: '1',
    etag: 'CAE=',
    updated: bucket.timeCreated,
    locationType: 'region',
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'inherited' },
    ...bucket,
  };
}
