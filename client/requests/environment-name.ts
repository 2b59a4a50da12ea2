import type { Problem } from '../../contract/failures.ts';
import type { EnvironmentName } from '../api/environment-name.ts';

/** Names the environment that a command is about, or the parts that are missing. */
export function environmentNameOf(
  service: string | undefined,
  environment: string | undefined,
): { name: EnvironmentName; problems: Problem[] } {
  const missing = Object.entries({ service, environment }).filter(([, value]) => value === undefined);
  return {
    name: { service: service ?? '', environment: environment ?? '' },
    problems: missing.map(([path]) => ({ path, message: 'must be given' })),
  };
}
