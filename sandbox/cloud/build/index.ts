import { randomUUID } from 'node:crypto';
import type { Cloud, Part } from '../core/cloud.ts';
import type { FieldViolation } from '../server/errors.ts';
import { RpcError } from '../server/errors.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import { openObjectStore } from '../storage/object-store.ts';
import { now, openBuildStore } from './build-store.ts';
import type { Build } from './build-store.ts';
import { buildProtos, createBuilder } from './builder.ts';
import { buildFilter } from './request/filter.ts';
import { substitute } from './request/substitutions.ts';
import { validateBuild } from './request/validate.ts';

interface CreateBuildRequest {
  parent: string;
  projectId: string;
  build: Build | null;
}
interface BuildRequest {
  name: string;
  projectId: string;
  id: string;
}
interface ListBuildsRequest {
  parent: string;
  projectId: string;
  filter: string;
  pageSize: number;
  pageToken: string;
}

const DEFAULT_TIMEOUT = { seconds: '600', nanos: 0 };

/** Creates Cloud Build v1: create, get, list, cancel. */
export function createBuild(cloud: Cloud): Part {
  const builds = openBuildStore(cloud);
  const builder = createBuilder(cloud, builds, openObjectStore(cloud));
  return {
    start: () => builder.resume(),
    stop: () => builder.stop(),
    rpc: [
      {
        protos: buildProtos,
        name: 'google.devtools.cloudbuild.v1.CloudBuild',
        methods: {
          CreateBuild: unary((request: CreateBuildRequest, call) => {
            const location = locationOf(cloud, request);
            const build = newBuild(cloud, request.build, location);
            const operation = builder.begin(build, location);
            call.effect('created', build.name);
            return operation;
          }),
          GetBuild: unary((request: BuildRequest) => builds.find(request).build),
          ListBuilds: unary((request: ListBuildsRequest) => {
            const matches = buildFilter(request.filter);
            const all = builds
              .list(locationOf(cloud, request))
              .map((record) => record.build)
              .filter(matches);
            const page = paginate(all, request);
            return { builds: page.items, nextPageToken: page.nextPageToken };
          }),
          CancelBuild: unary((request: BuildRequest, call) => {
            const record = builds.find(request);
            const build = builder.cancel(record);
            call.effect('cancelled', build.name);
            return build;
          }),
        },
      },
    ],
  };
}

/** Finds a request's location: its parent's region, or with the project alone `global`. */
function locationOf(cloud: Cloud, request: { parent: string; projectId: string }): string {
  const match = /^projects\/([^/]+)\/locations\/([^/]+)$/.exec(request.parent);
  if (request.parent !== '' && match === null)
    throw RpcError.invalid([{ field: 'parent', description: `'${request.parent}' is not projects/*/locations/*` }]);
  const project = match?.[1] ?? request.projectId;
  if (project !== cloud.project)
    throw new RpcError(
      'PERMISSION_DENIED',
      `The caller does not have permission on project '${project}' (or it may not exist).`,
    );
  return match?.[2] ?? 'global';
}

function newBuild(cloud: Cloud, requested: Build | null, location: string): Build {
  if (requested === null) throw RpcError.invalid([{ field: 'build', description: 'is required' }]);
  const id = randomUUID();
  const problems: FieldViolation[] = [];
  const build = substitute(
    {
      ...requested,
      id,
      projectId: cloud.project,
      name: `projects/${cloud.project}/locations/${location}/builds/${id}`,
      status: 'QUEUED',
      statusDetail: '',
      createTime: now(),
      startTime: null,
      finishTime: null,
      results: null,
      sourceProvenance: null,
      failureInfo: null,
      timing: {},
      timeout: requested.timeout ?? DEFAULT_TIMEOUT,
      logUrl: `https://console.cloud.google.com/cloud-build/builds;region=${location}/${id}?project=${cloud.project}`,
    },
    location,
    problems,
  );
  validateBuild(build, problems);
  return build;
}
