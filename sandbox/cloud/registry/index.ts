import type { Cloud, RegistryPart } from '../core/cloud.ts';
import { loadProtos } from '../server/protos.ts';
import { unary } from '../server/rpc.ts';
import { guarded } from './guarded.ts';
import { openImageStore } from './image-store.ts';
import { manifestRoutes } from './manifests.ts';
import { OciObjects } from './oci-objects.ts';
import { ociRoutes } from './oci-routes.ts';
import { addPublicImages } from './public-images.ts';
import { tagMethods } from './tags.ts';
import { versionMethods } from './versions.ts';

/**
 * Creates Artifact Registry v1 for Docker images: tags, versions, packages; and the registry's own API, for `gcr.io`
 * and for what tools store beside images. A repository exists as soon as an image is pushed to it.
 */
export function createRegistry(cloud: Cloud): RegistryPart {
  const images = openImageStore(cloud);
  const objects = new OciObjects(cloud.store);
  const protos = loadProtos('@google-cloud/artifact-registry');
  return {
    images,
    start: () => addPublicImages(images),
    http: [...ociRoutes(objects, images), ...manifestRoutes(images, objects)].map((route) => guarded(cloud, route)),
    rpc: [
      {
        protos,
        name: 'google.devtools.artifactregistry.v1.ArtifactRegistry',
        methods: {
          ...tagMethods(images),
          ...versionMethods(images, cloud, protos),
          TestIamPermissions: unary(({ resource, permissions }: { resource: string; permissions: string[] }, call) => ({
            permissions: permissions.filter((each) => cloud.permissions.callerHas(call.caller, each, resource)),
          })),
        },
      },
    ],
  };
}
