import { setTimeout as pause } from 'node:timers/promises';
import type { LoadedCatalog } from '../../catalog/load.ts';
import type { LookUp } from '../cli/completion.ts';
import type { Session } from '../cli/session.ts';

/** Who presses tab waits no longer for a server. */
const patienceMs = 1_500;

/** Creates the look-up of names for completion. What cannot be read or reached has none. */
export function nameLookUp(session: Session): LookUp {
  return async (kind, { service }) => {
    if (kind === 'runs') return [...(await runningRuns(session)), ...(await catalogNames(session))];
    return kind === 'services' ? catalogNames(session) : environmentNames(session, service);
  };
}

async function catalogNames(session: Session): Promise<string[]> {
  return [...((await servicesOf(session))?.keys() ?? [])];
}

/** Reading a catalog takes longer than all else of a completion: only who names something waits for it. */
async function servicesOf(session: Session): Promise<LoadedCatalog['services'] | undefined> {
  const { localCatalog } = await import('./catalog.ts');
  return (await localCatalog(session, undefined).catch(() => undefined))?.services;
}

/** Lists the environments of the service; of all services where none of this name is known. */
async function environmentNames(session: Session, service: string | undefined): Promise<string[]> {
  const services = await servicesOf(session);
  const meant = services?.get(service ?? session.environment['SLIPWAY_SERVICE'] ?? '');
  const entries = meant ? [meant] : [...(services?.values() ?? [])];
  return [...new Set(entries.flatMap(({ entry }) => Object.keys(entry.environments)))];
}

async function runningRuns(session: Session): Promise<string[]> {
  const found = session
    .slipway()
    .then(async (slipway) => slipway.list())
    .then((runs) => runs.map(({ workflowId }) => workflowId));
  return Promise.race([found, pause(patienceMs, [])]).catch(() => []);
}
