import { RpcError } from '../server/errors.ts';
import { FilterError } from './query/filter-error.ts';
import { compileFilter } from './query/compile.ts';
import type { CompiledFilter } from './query/compile.ts';

const RESOURCE_NAME = /^projects\/([^/]+)(?:\/locations\/[^/]+\/buckets\/[^/]+\/views\/[^/]+)?$/;

/**
 * Checks a list of projects or log views. Platform: it must not be empty, and one that is not ours is denied, never
 * empty.
 */
export function checkResourceNames(names: readonly string[], project: string, permission: string): void {
  if (names.length === 0) {
    throw RpcError.invalid([{ field: 'resource_names', description: 'at least one resource name is required' }]);
  }
  for (const name of names) {
    const match = RESOURCE_NAME.exec(name);
    if (match === null) {
      throw RpcError.invalid([
        {
          field: 'resource_names',
          description: `'${name}' is not of the form projects/PROJECT_ID or a log view of one`,
        },
      ]);
    }
    checkProject(match[1] ?? '', project, permission);
  }
}

export function checkProject(asked: string, project: string, permission: string): void {
  if (asked === project) return;
  throw new RpcError(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource 'projects/${asked}' (or it may not exist).`,
  );
}

/** Compiles a request's filter; one that cannot be used is INVALID_ARGUMENT. */
export function requestFilter(filter: string): CompiledFilter {
  try {
    return compileFilter(filter);
  } catch (error) {
    if (error instanceof FilterError) throw new RpcError('INVALID_ARGUMENT', error.message);
    throw error;
  }
}
