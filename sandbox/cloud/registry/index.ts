import type { Cloud, RegistryPart } from '../core/cloud.ts';
import { loadProtos } from '../server/protos.ts';
import { openImageStore } from './image-store.ts';
import { tagMethods } from './tags.ts';
import { versionMethods } from './versions.ts';

/**
 * Creates Artifact Registry v1 for Docker images: tags, versions, packages. A repository exists as soon as an image is
 * pushed to it.
 */
export function createRegistry(cloud: Cloud): RegistryPart {
  const images = openImageStore(cloud);
  const protos = loadProtos('@google-cloud/artifact-registry');
  return {
    images,
    rpc: [
      {
        protos,
        name: 'google.devtools.artifactregistry.v1.ArtifactRegistry',
        methods: { ...tagMethods(images), ...versionMethods(images, cloud, protos) },
      },
    ],
  };
}
