import type { Cloud, Part } from '../core/cloud.ts';
import { paginate } from '../server/pages.ts';
import { unary } from '../server/rpc.ts';
import { openObjectStore } from '../storage/object-store.ts';
import { openBuildStore } from './build-store.ts';
import type { Build } from './build-store.ts';
import { buildProtos, createBuilder } from './builder.ts';
import { buildFilter } from './request/filter.ts';
import { locationOf, newBuild } from './request/new-build.ts';
import { sourceBuilds } from './source-builds.ts';

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

/** Creates Cloud Build v1: create, get, list, cancel. With it the builds of sources that Cloud Run submits to it. */
export function createBuild(cloud: Cloud): Part {
  const builds = openBuildStore(cloud);
  const builder = createBuilder(cloud, builds, openObjectStore(cloud));
  return {
    start: () => builder.resume(),
    stop: () => builder.stop(),
    rpc: [
      sourceBuilds(cloud, builder),
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
