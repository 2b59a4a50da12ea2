import { randomUUID } from 'node:crypto';
import type { Cloud } from '../../core/cloud.ts';
import type { FieldViolation } from '../../server/errors.ts';
import { RpcError } from '../../server/errors.ts';
import type { Build } from '../build-store.ts';
import { now } from '../build-store.ts';
import { substitute } from './substitutions.ts';
import { validateBuild } from './validate.ts';

const DEFAULT_TIMEOUT = { seconds: '600', nanos: 0 };

/** Finds a request's location: its parent's region, or with the project alone `global`. */
export function locationOf(cloud: Cloud, request: { parent: string; projectId: string }): string {
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

/** Makes the build that a request asks for, still to be run, or refuses it with everything that is wrong. */
export function newBuild(cloud: Cloud, requested: Build | null, location: string): Build {
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
