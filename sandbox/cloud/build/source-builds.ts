import type { Cloud } from '../core/cloud.ts';
import { parseReference } from '../registry/reference.ts';
import type { FieldViolation } from '../server/errors.ts';
import { RpcError } from '../server/errors.ts';
import { loadProtos, plainMessage } from '../server/protos.ts';
import { unary } from '../server/rpc.ts';
import type { RpcService } from '../server/rpc.ts';
import type { Build, BuildStep, StorageSource } from './build-store.ts';
import { buildProtos } from './builder.ts';
import type { Builder } from './builder.ts';
import { locationOf, newBuild } from './request/new-build.ts';

interface SubmitBuildRequest {
  parent: string;
  /** A member of a oneof is absent, or null, where it is not set. */
  storageSource?: StorageSource | null;
  imageUri: string;
  buildpackBuild?: { environmentVariables: Record<string, string>; cacheImageUri: string } | null;
  dockerBuild?: object | null;
  tags: string[];
}

const baseImage = 'gcr.io/buildpacks/builder';

/**
 * Serves `Builds.SubmitBuild` of Cloud Run Admin v2: it makes a build of Cloud Build, and answers that one's operation.
 * Platform: Cloud Run Admin v2, SubmitBuildRequest. How the platform words its refusals is not known.
 */
export function sourceBuilds(cloud: Cloud, builder: Builder): RpcService {
  return {
    protos: loadProtos('@google-cloud/run'),
    name: 'google.cloud.run.v2.Builds',
    methods: {
      SubmitBuild: unary((request: SubmitBuildRequest, call) => {
        const location = locationOf(cloud, { parent: request.parent, projectId: '' });
        validate(request);
        const build = newBuild(cloud, requestedBuild(request), location);
        const buildOperation = builder.begin(build, location);
        call.effect('created', build.name);
        return { buildOperation, baseImageUri: request.buildpackBuild ? baseImage : '', baseImageWarning: '' };
      }),
    },
  };
}

function validate({ parent, storageSource, imageUri, buildpackBuild, dockerBuild }: SubmitBuildRequest): void {
  const problems: FieldViolation[] = [];
  const check = (holds: boolean, field: string, description: string): void => {
    if (!holds) problems.push({ field, description });
  };
  check(parent !== '', 'parent', 'is required');
  check(Boolean(storageSource), 'storage_source', 'is required');
  check(parseReference(imageUri) !== undefined, 'image_uri', `'${imageUri}' is not an Artifact Registry URI`);
  check(Boolean(buildpackBuild) !== Boolean(dockerBuild), 'build_type', 'must be one of buildpacks and docker');
  if (problems.length > 0) throw RpcError.invalid(problems);
}

function requestedBuild({ storageSource, imageUri, buildpackBuild, tags }: SubmitBuildRequest): Build {
  const type = buildProtos.root.lookupType('google.devtools.cloudbuild.v1.Build');
  const step: Partial<BuildStep> = buildpackBuild
    ? { name: 'gcr.io/k8s-skaffold/pack', entrypoint: 'pack', args: packArguments(imageUri, buildpackBuild) }
    : { name: 'gcr.io/cloud-builders/docker', args: ['build', '--tag', imageUri, '.'] };
  const build = type.fromObject({
    source: { storageSource: storageSource ?? null },
    steps: [step],
    images: [imageUri],
    tags,
  });
  return type.toObject(build, { ...plainMessage, arrays: true, objects: true }) as Build;
}

function packArguments(
  imageUri: string,
  { environmentVariables, cacheImageUri }: NonNullable<SubmitBuildRequest['buildpackBuild']>,
): string[] {
  const variables = Object.entries(environmentVariables).flatMap(([name, value]) => [
    '--env',
    // In a build's arguments a dollar begins a substitution.
    `${name}=${value.replaceAll('$', '$$$$')}`,
  ]);
  const cache = cacheImageUri === '' ? [] : ['--cache-image', cacheImageUri];
  return ['build', imageUri, '--builder', baseImage, ...variables, ...cache];
}
