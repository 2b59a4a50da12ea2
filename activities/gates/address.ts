import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LiveState } from '../../contract/live.ts';

/** Names the gates that call the service's own address. */
function callingGates({ settings: { smoke, verification = [] } }: CatalogEntry): string[] {
  const calling = [...smoke, ...verification].filter((gate) => 'path' in gate && gate.at === undefined);
  return calling.map(({ name }) => name);
}

/**
 * Says which gates could not be asked, since what serves has no address of its own: its default one is switched off,
 * and users come through a load balancer.
 */
export function addressObstacles(entry: CatalogEntry, { exists, url }: LiveState): string[] {
  const gates = exists && url === '' ? callingGates(entry) : [];
  if (gates.length === 0) return [];
  return [`the service has no address of its own, so nobody could ask ${gates.join(', ')}: give them \`at\``];
}
