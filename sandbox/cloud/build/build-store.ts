import type { Cloud } from '../core/cloud.ts';
import { RpcError } from '../server/errors.ts';

export interface Timestamp {
  seconds: string;
  nanos: number;
}
export interface TimeSpan {
  startTime: Timestamp | null;
  endTime: Timestamp | null;
}
export interface GitSource {
  url: string;
  dir: string;
  revision: string;
}
export interface StorageSource {
  bucket: string;
  object: string;
  generation: string;
}
export interface BuildSource {
  gitSource?: GitSource | null;
  storageSource?: StorageSource | null;
  [other: string]: unknown;
}
export type BuildStatus = 'QUEUED' | 'WORKING' | 'SUCCESS' | 'FAILURE' | 'CANCELLED' | 'TIMEOUT' | 'INTERNAL_ERROR';

export interface BuildStep {
  name: string;
  id: string;
  entrypoint: string;
  args: string[];
  env: string[];
  dir: string;
  script: string;
  allowFailure: boolean;
  allowExitCodes: number[];
  secretEnv: string[];
  automapSubstitutions: boolean;
  status?: BuildStatus | 'STATUS_UNKNOWN';
  exitCode?: number;
  timing?: TimeSpan | null;
}

/** The used fields of google.devtools.cloudbuild.v1.Build; the others stay as they were sent. */
export interface Build {
  name: string;
  id: string;
  projectId: string;
  status: BuildStatus;
  statusDetail: string;
  source: BuildSource | null;
  steps: BuildStep[];
  images: string[];
  tags: string[];
  substitutions: Record<string, string>;
  options: { substitutionOption?: string; automapSubstitutions?: boolean; env?: string[] } | null;
  timeout: { seconds: string; nanos: number } | null;
  createTime: Timestamp;
  startTime?: Timestamp | null;
  finishTime?: Timestamp | null;
  results?: { images: BuiltImage[]; buildStepImages: string[] } | null;
  sourceProvenance?: { resolvedGitSource?: GitSource; resolvedStorageSource?: StorageSource } | null;
  failureInfo?: { type: FailureType; detail: string } | null;
  timing?: Record<string, TimeSpan>;
  logUrl: string;
}

export type FailureType =
  'FAILURE_TYPE_UNSPECIFIED' | 'PUSH_IMAGE_NOT_FOUND' | 'USER_BUILD_STEP' | 'FETCH_SOURCE_FAILED';

export interface BuiltImage {
  name: string;
  digest: string;
  pushTiming: TimeSpan;
  artifactRegistryPackage: string;
}

/** A build with what only the emulator knows of it. */
export interface BuildRecord {
  build: Build;
  operation: string;
  location: string;
}

export interface BuildStore {
  put(record: BuildRecord): void;
  get(id: string): BuildRecord | undefined;
  /** Finds a build by resource name, or by project and id, which only finds those of the location `global`. */
  find(request: { name?: string; projectId?: string; id?: string }): BuildRecord;
  /** Lists the builds of a location, the newest first. */
  list(location: string): BuildRecord[];
}

const BUILD_NAME = /^projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/builds\/(?<id>[^/]+)$/;

export function openBuildStore(cloud: Cloud): BuildStore {
  const builds = cloud.store.collection<BuildRecord>('builds');
  return {
    put: (record) => builds.put(record.build.id, record),
    get: (id) => builds.get(id),
    find: (request) => {
      const groups = request.name
        ? BUILD_NAME.exec(request.name)?.groups
        : { project: request.projectId, location: 'global', id: request.id };
      if (groups === undefined)
        throw RpcError.invalid([
          { field: 'name', description: `'${request.name ?? ''}' is not projects/*/locations/*/builds/*` },
        ]);
      const record = groups['project'] === cloud.project ? builds.get(groups['id'] ?? '') : undefined;
      if (record === undefined || record.location !== groups['location'])
        throw new RpcError('NOT_FOUND', 'Requested entity was not found.');
      return record;
    },
    list: (location) =>
      builds
        .list()
        .filter((record) => record.location === location)
        .toSorted((one, other) => timeOf(other.build.createTime) - timeOf(one.build.createTime)),
  };
}

export function isDone(build: Build): boolean {
  return build.status !== 'QUEUED' && build.status !== 'WORKING';
}

export function now(): Timestamp {
  const at = Date.now();
  return { seconds: String(Math.floor(at / 1_000)), nanos: (at % 1_000) * 1e6 };
}

export function timeOf(timestamp: Timestamp | null | undefined): number {
  return timestamp ? Number(timestamp.seconds) * 1_000 + timestamp.nanos / 1e6 : 0;
}
