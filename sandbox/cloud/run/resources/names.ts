import { randomInt } from 'node:crypto';
import type { Cloud } from '../../core/cloud.ts';
import { RpcError } from '../../server/errors.ts';

export type Kind = 'SERVICE' | 'REVISION' | 'JOB' | 'EXECUTION' | 'TASK';

/** Takes the last part of a resource's name. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Names the parent of a resource: `…/jobs/j/executions/e` gives `…/jobs/j`. */
export function parentName(name: string): string {
  return name.split('/').slice(0, -2).join('/');
}

export function locationName(cloud: Cloud): string {
  return `projects/${cloud.project}/locations/${cloud.region}`;
}

/** Makes the address of a resource's log in Google's console. */
export function logUri(project: string, resource: string): string {
  return `https://console.cloud.google.com/logs/viewer?project=${project}&resource=${resource}`;
}

/** Makes Cloud Run's 404, in the platform's words. */
export function notFound(cloud: Cloud, kind: Kind, name: string): RpcError {
  const where = `in region '${cloud.region}' in project '${cloud.project}'`;
  return new RpcError('NOT_FOUND', `Resource '${shortName(name)}' of kind '${kind}' ${where} does not exist.`);
}

/** Refuses a parent of another shape, project or region. `-` stands for all, as in the platform's lists. */
export function checkParent(cloud: Cloud, parent: string): string {
  const match = /^projects\/([^/]+)\/locations\/([^/]+)((?:\/[^/]+\/[^/]+)*)$/.exec(parent);
  if (!match)
    throw RpcError.invalid([
      { field: 'parent', description: `'${parent}' is not projects/{project}/locations/{location}` },
    ]);
  if (match[1] !== cloud.project)
    throw new RpcError('PERMISSION_DENIED', `Permission denied on resource project ${match[1]}.`);
  if (match[2] !== cloud.region && match[2] !== '-')
    throw RpcError.invalid([{ field: 'parent', description: `unknown location '${match[2]}'` }]);
  return `${locationName(cloud)}${match[3] ?? ''}`;
}

const letters = 'bcdfghjklmnpqrstvwxz0123456789';

/** Draws a short random end of a name, without vowels as on the platform. */
export function randomSuffix(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}

/** Platform: DNS label of RFC 1035. */
export const labelPattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
