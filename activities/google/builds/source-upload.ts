import { Status } from 'google-gax';
import type { BuildEntryOf } from '../../../contract/catalog/build.ts';
import type { AddedFile, Sources } from '../../ports/index.ts';
import type { Work } from '../../ports/work.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { uncountedQuota } from '../call-budget.ts';
import { countedCall } from '../counted-calls.ts';
import { httpCallError } from '../http-status.ts';

/** An object of Cloud Storage, in the generation that was written. */
export interface StorageSource {
  bucket: string;
  object: string;
  generation: string;
}

type Upload = Pick<
  Work<BuildEntryOf<'cloudBuild'> | BuildEntryOf<'cloudRun'>>,
  'build' | 'repository' | 'commit' | 'change'
> & {
  /** The folder that is written; undefined for the whole commit. */
  directory: string | undefined;
  added: AddedFile | null;
};

/** Answers how the names of the objects begin that hold a commit's source for builds of an image. */
export function sourceObjectPrefix({ image }: Pick<Upload['build'], 'image'>, commit: string): string {
  return `slipway/${image.split('/').slice(1).join('/')}/${commit}-`;
}

/**
 * Writes the source to the bucket. Each change has an object of its own: a further generation takes the place of the
 * one that another change's build has yet to fetch.
 */
export async function uploadSource(
  { storage, budget }: GoogleClients,
  sources: Sources,
  { signal }: Caller,
  { build, repository, commit, change, directory, added }: Upload,
): Promise<StorageSource> {
  const archive = await sources.archive(repository, commit, directory, added);
  signal?.throwIfAborted();
  const bucket = build.sourceBucket ?? `run-sources-${build.project}-${build.region}`;
  const object = `${sourceObjectPrefix(build, commit)}${change}.tar.gz`;
  const file = storage.bucket(bucket).file(object);
  const quota = uncountedQuota('requests to Cloud Storage', build.project);
  const save = async () => {
    try {
      await file.save(archive, { resumable: false, contentType: 'application/gzip' });
    } catch (error) {
      throw httpCallError(`write the source of commit ${commit} to bucket ${bucket}`, error, {
        [Status.NOT_FOUND]: `; create it: gcloud storage buckets create gs://${bucket} --location ${build.region}`,
      });
    }
  };
  await countedCall(budget, quota, save, signal);
  return { bucket, object, generation: String(file.metadata.generation ?? '0') };
}
