import type { Cloud, Part } from '../core/cloud.ts';
import { permissionsRoute } from './permissions.ts';
import { quotasRoute } from './quotas.ts';

/** Creates the part that tells what the project has: permissions of a caller, and quotas. */
export function createProject(cloud: Cloud): Part {
  return { http: [permissionsRoute(cloud), quotasRoute(cloud)] };
}
