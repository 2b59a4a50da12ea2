import type { Client } from '@temporalio/client';
import type { Connection } from '../ports/index.ts';
import { installationOf } from './installation.ts';

/** Age at which the list of search attributes is read again; people seldom create one. */
const maxAgeMs = 60_000;

/** Tells runs about the worker's own connection. */
export function createTemporalConnection(
  client: Client,
  address: string,
  { ui, standstillMs }: { ui: string | undefined; standstillMs?: number | undefined },
): Connection {
  const { namespace } = client.options;
  let cached: { names: string[]; at: number } | null = null;
  let installation: string | null = null;
  return {
    address,
    namespace,
    ui,
    ...(standstillMs !== undefined && { standstillMs }),
    installation: async () => (installation ??= await installationOf(client)),
    async knownSearchAttributes() {
      if (!cached || Date.now() - cached.at > maxAgeMs) {
        const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
        cached = { names: Object.keys(customAttributes ?? {}), at: Date.now() };
      }
      return cached.names;
    },
  };
}
