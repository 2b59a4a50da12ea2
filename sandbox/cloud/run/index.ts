import type { Cloud, Part } from '../core/cloud.ts';

/** Cloud Run Admin v2: services, revisions, jobs, executions, tasks. */
export function createRun(_cloud: Cloud): Part {
  return { rpc: [] };
}
