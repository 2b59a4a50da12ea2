import { fencedResources } from '../contract/catalog/targets/index.ts';
import type { CatalogProblem, LoadedService } from './load.ts';

/**
 * Finds what two environments or services name as theirs. Each of them numbers its changes by itself, so their fences
 * would refuse each other, and the artifact of one would replace that of the other.
 */
export function sharedTargets(services: Iterable<LoadedService>): CatalogProblem[] {
  const owners = new Map<string, string>();
  const problems: CatalogProblem[] = [];
  for (const { file, entry } of services)
    for (const [environment, { target }] of Object.entries(entry.environments))
      for (const resource of fencedResources(target)) {
        const owner = owners.get(resource);
        const own = `${entry.service} in ${environment}`;
        if (owner === undefined) owners.set(resource, own);
        else {
          const message = `${resource} is named ${owner === own ? 'twice' : `by ${owner}, too`}: each needs its own`;
          problems.push({ file, line: 1, path: `environments.${environment}.target`, message });
        }
      }
  return problems;
}
