import type { EnvironmentName } from '../api/environment-name.ts';
import { CommandError } from '../cli/command-error.ts';

/** Names the environment that a command is about. Throws a CommandError when a part is missing. */
export function environmentNameOf(service: string | undefined, environment: string | undefined): EnvironmentName {
  if (service !== undefined && environment !== undefined) return { service, environment };
  throw CommandError.badInput([{ path: '--environment', message: 'must be given' }]);
}
