import { Storage } from '@google-cloud/storage';
import type { CloudAddress } from './clients.ts';
import { httpUrl } from './clients.ts';

const alreadyThere = 409;

/** Creates the bucket that sources are built from, as the first `gcloud run deploy --source` does. */
export const createSourceBucket = async (cloud: CloudAddress): Promise<void> => {
  const storage = new Storage({ apiEndpoint: httpUrl(cloud), projectId: cloud.project });
  const name = `run-sources-${cloud.project}-${cloud.region}`;
  await storage.createBucket(name, { location: cloud.region }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== alreadyThere) throw error;
  });
};
