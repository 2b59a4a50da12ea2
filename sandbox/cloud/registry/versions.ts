import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import type { PageRequest } from '../server/pages.ts';
import type { Protos } from '../server/protos.ts';
import { unary } from '../server/rpc.ts';
import type { UnaryHandler } from '../server/rpc.ts';
import type { ImageStore, VersionRecord } from './image-store.ts';
import { canonicalName, imageUri } from './reference.ts';

interface NameRequest {
  name: string;
  view?: string;
}
interface ListRequest extends PageRequest {
  parent: string;
  view?: string;
  filter?: string;
  orderBy?: string;
}

const V1 = 'google.devtools.artifactregistry.v1';
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** Serves packages, versions and Docker images of google.devtools.artifactregistry.v1.ArtifactRegistry. */
export function versionMethods(
  images: ImageStore,
  { operations }: Pick<Cloud, 'operations'>,
  protos: Protos,
): Record<string, UnaryHandler> {
  const find = (name: string): VersionRecord => {
    const version = images.versions.get(canonicalName(name));
    if (version === undefined) throw new RpcError('NOT_FOUND', `Version "${name}" was not found.`);
    return version;
  };
  return {
    GetVersion: unary((request: NameRequest) => presentVersion(images, find(request.name), request.view === 'FULL')),
    DeleteVersion: unary((request: NameRequest & { force?: boolean }, call) => {
      const version = find(request.name);
      const tags = tagsOf(images, version);
      if (tags.length > 0 && !request.force)
        throw new RpcError(
          'FAILED_PRECONDITION',
          `Version "${version.name}" is tagged; delete its tags first, or use force.`,
        );
      for (const tag of tags) images.tags.delete(tag.name);
      images.versions.delete(version.name);
      call.effect('deleted', version.name);
      const [parent = ''] = version.name.split('/repositories/');
      const operation = operations.create({
        parent,
        kind: 'registry.deletion',
        target: version.name,
        metadata: { protos, type: `${V1}.OperationMetadata`, value: {} },
      });
      operations.complete(operation.name, { protos, type: 'google.protobuf.Empty', value: {} });
      return operations.get(operation.name);
    }),
    ListVersions: unary((request: ListRequest) => {
      const page = paginate(images.versions.list(`${canonicalName(request.parent)}/versions/`), checkPlain(request));
      return {
        versions: page.items.map((each) => presentVersion(images, each, request.view === 'FULL')),
        nextPageToken: page.nextPageToken,
      };
    }),
    GetPackage: unary((request: NameRequest) => {
      const found = packages(images).find((each) => each.name === canonicalName(request.name));
      if (found === undefined) throw new RpcError('NOT_FOUND', `Package "${request.name}" was not found.`);
      return found;
    }),
    ListPackages: unary((request: ListRequest) => {
      const all = packages(images).filter((each) => each.name.startsWith(`${request.parent}/packages/`));
      const page = paginate(all, checkPlain(request));
      return { packages: page.items, nextPageToken: page.nextPageToken };
    }),
    GetRepository: unary((request: NameRequest) => {
      const found = repositories(images).find((each) => each.name === request.name);
      if (found === undefined) throw new RpcError('NOT_FOUND', `Repository "${request.name}" was not found.`);
      return found;
    }),
    ListRepositories: unary((request: ListRequest) => {
      const all = repositories(images).filter((each) => each.name.startsWith(`${request.parent}/repositories/`));
      const page = paginate(all, checkPlain(request));
      return { repositories: page.items, nextPageToken: page.nextPageToken };
    }),
    GetDockerImage: unary((request: NameRequest) => {
      const name = canonicalName(request.name, 'dockerImages');
      const found = images.versions
        .list()
        .map((each) => presentDockerImage(images, each))
        .find((each) => each.name === name);
      if (found === undefined) throw new RpcError('NOT_FOUND', `Docker image "${request.name}" was not found.`);
      return found;
    }),
    ListDockerImages: unary((request: ListRequest) => {
      const all = images.versions.list(`${request.parent}/packages/`).map((each) => presentDockerImage(images, each));
      const page = paginate(all, checkPlain(request));
      return { dockerImages: page.items, nextPageToken: page.nextPageToken };
    }),
  };
}

/** Refuses an order or a filter, which would not be applied and must not look as if it were. */
function checkPlain(request: ListRequest): ListRequest {
  if (request.filter) throw RpcError.invalid([{ field: 'filter', description: 'is not supported for this list' }]);
  if (request.orderBy) throw RpcError.invalid([{ field: 'order_by', description: 'is not supported for this list' }]);
  return request;
}

function presentVersion(images: ImageStore, version: VersionRecord, full: boolean): Record<string, unknown> {
  const { name, createTime, updateTime } = version;
  const relatedTags = full ? tagsOf(images, version) : [];
  return { name, createTime: timestamp(createTime), updateTime: timestamp(updateTime), relatedTags };
}

function tagsOf(images: ImageStore, version: VersionRecord): { name: string; version: string }[] {
  return images.tags.list(`${packageOf(version)}/tags/`).filter((tag) => tag.version === version.name);
}

function packageOf(version: VersionRecord): string {
  return version.name.slice(0, version.name.lastIndexOf('/versions/'));
}

function presentDockerImage(images: ImageStore, version: VersionRecord): Record<string, unknown> {
  const packageName = packageOf(version);
  const [repository = '', image = ''] = packageName.split('/packages/');
  return {
    name: `${repository}/dockerImages/${image}@${version.digest}`,
    uri: `${imageUri(packageName)}@${version.digest}`,
    tags: tagsOf(images, version).map((tag) => tag.name.slice(tag.name.lastIndexOf('/') + 1)),
    imageSizeBytes: String(version.sizeBytes),
    uploadTime: timestamp(version.createTime),
    buildTime: timestamp(version.createTime),
    updateTime: timestamp(version.updateTime),
    mediaType: MANIFEST,
  };
}

interface RepositoryView {
  name: string;
  format: string;
  mode: string;
  createTime: object;
  updateTime: object;
}

/** Lists repositories: one is there as soon as it has an image. */
function repositories(images: ImageStore): RepositoryView[] {
  const all = new Map(packages(images).map((each) => [each.name.split('/packages/')[0] ?? '', each]));
  return [...all].map(([name, { createTime, updateTime }]) => ({
    name,
    format: 'DOCKER',
    mode: 'STANDARD_REPOSITORY',
    createTime,
    updateTime,
  }));
}

interface PackageView {
  name: string;
  createTime: object;
  updateTime: object;
}

function packages(images: ImageStore): PackageView[] {
  const all = new Map<string, { createTime: string; updateTime: string }>();
  for (const version of images.versions.list()) {
    const earlier = all.get(packageOf(version));
    const createTime =
      earlier !== undefined && earlier.createTime < version.createTime ? earlier.createTime : version.createTime;
    const updateTime =
      earlier !== undefined && earlier.updateTime > version.updateTime ? earlier.updateTime : version.updateTime;
    all.set(packageOf(version), { createTime, updateTime });
  }
  return [...all].map(([name, times]) => ({
    name,
    createTime: timestamp(times.createTime),
    updateTime: timestamp(times.updateTime),
  }));
}

function timestamp(iso: string): { seconds: string; nanos: number } {
  const at = Date.parse(iso);
  return { seconds: String(Math.floor(at / 1_000)), nanos: (at % 1_000) * 1e6 };
}
