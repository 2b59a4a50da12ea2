import { askGoogleLive } from '../../activities/google/index.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { GateLine } from '../../contract/status.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { probedCloud } from './probed-cloud.ts';

/** Asks the platform of an entry for all that the entry needs there, by this person's own credentials. */
export async function checkLive(
  session: Pick<Session, 'dir' | 'environment'>,
  entry: CatalogEntry,
): Promise<GateLine[]> {
  const { target } = entry.settings;
  if (target.kind !== 'cloudRun') {
    const { namespace } = target;
    const by = `kubectl auth can-i --list -n ${namespace}`;
    return [{ name: 'cluster', verdict: 'inconclusive', reason: `no cluster is asked by this; ask it by ${by}` }];
  }
  const { endpoint } = await probedCloud(session, target);
  return askGoogleLive(endpoint, entry, target).catch((error: unknown) => {
    throw CommandError.unreachable(error instanceof Error ? error.message : String(error));
  });
}
