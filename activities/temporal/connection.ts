import type { Client } from '@temporalio/client';
import type { Connection } from '../ports/index.ts';

/** How long the list of search attributes is believed; a missing one is created by hand, seldom. */
const believedForMs = 60_000;

/** What the worker's own connection can tell a run. */
export function createTemporalConnection(client: Client, address: string): Connection {
  const { namespace } = client.options;
  let known: { names: string[]; at: number } | null = null;
  return {
    address,
    namespace,
    async knownSearchAttributes() {
      if (!known || Date.now() - known.at > believedForMs) {
        const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
        known = { names: Object.keys(customAttributes ?? {}), at: Date.now() };
      }
      return known.names;
    },
  };
}
