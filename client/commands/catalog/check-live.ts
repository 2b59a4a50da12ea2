import { catalogEntry, type LoadedCatalog } from '../../../catalog/load.ts';
import type { GateLine } from '../../../contract/status.ts';
import type { Session } from '../../cli/session.ts';
import { checkLive } from '../../local/live-check.ts';
import { checkLine } from '../../view/check-line.ts';

/** What the platform of one environment says to its entry. */
export interface LiveEnvironment {
  service: string;
  environment: string;
  checks: GateLine[];
}

/** Asks the platforms of all environments that can be used here, one after the other, and shows what they say. */
export async function checkCatalogLive(
  session: Pick<Session, 'output' | 'dir' | 'environment'>,
  catalog: LoadedCatalog,
): Promise<LiveEnvironment[]> {
  const { output } = session;
  const found: LiveEnvironment[] = [];
  for (const [service, { entry: file }] of catalog.services)
    for (const environment of Object.keys(file.environments)) {
      const entry = catalogEntry(catalog, service, environment);
      if (!('hash' in entry)) continue;
      const checks = await checkLive(session, entry);
      found.push({ service, environment, checks });
      output.line(output.colors.bold(`${service}/${environment}`));
      for (const check of checks) output.line(`  ${checkLine(check, output.colors)}`);
    }
  return found;
}
