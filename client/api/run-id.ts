import { randomBytes } from 'node:crypto';

interface Naming {
  type: string;
  service?: string;
  environment?: string;
  commit?: string;
}

/**
 * A workflow id that says what the run is about. Nothing derives from it: ids of runs are free (only an environment's
 * and an incident's are fixed).
 */
export function newRunId({ type, service, environment, commit }: Naming): string {
  return [type, service, environment, commit?.slice(0, 8), randomBytes(3).toString('hex')].filter(Boolean).join('-');
}
