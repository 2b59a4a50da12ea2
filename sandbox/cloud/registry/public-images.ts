import { join } from 'node:path';
import type { ImageStore } from './image-store.ts';

/** Images that Google keeps for everybody, by the folder of their program here. Platform: Cloud Run, quickstarts. */
const images = {
  hello: 'us-docker.pkg.dev/cloudrun/container/hello:latest',
  job: 'us-docker.pkg.dev/cloudrun/container/job:latest',
};

/** Stores stand-ins of the public images: what listens at PORT, and what says a few lines and ends. */
export async function addPublicImages(store: Pick<ImageStore, 'add'>): Promise<void> {
  for (const [name, reference] of Object.entries(images))
    await store.add(reference, join(import.meta.dirname, 'public-images', name));
}
