import { Status } from 'google-gax';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { CatalogEntry } from '../../../contract/catalog/catalog.ts';
import type { GateLine } from '../../../contract/status.ts';
import { CallError } from '../call.ts';
import { createGoogleClients, type GoogleClients, type GoogleEndpoint } from '../clients.ts';
import { isCode, roleFor } from '../failure.ts';
import type { LiveCheck, LiveContext } from './check.ts';
import { jobs } from './jobs.ts';
import { permissions } from './permissions.ts';
import { registry } from './registry.ts';
import { secrets } from './secrets.ts';
import { service } from './service.ts';

const checks: readonly LiveCheck[] = [permissions, service, jobs, secrets, registry];

/** Asks the platform for all that an entry needs of it. Nothing is made or changed. */
export async function checkEntryLive(
  clients: GoogleClients,
  entry: CatalogEntry,
  target: CloudRunEntry,
): Promise<GateLine[]> {
  const context = { clients, entry, target, caller: { callTimeoutMs: clients.callTimeoutMs } };
  const lines = await Promise.all(checks.map((check) => lineOf(check, context)));
  return lines.filter((line) => line !== null);
}

/** Opens the clients, asks, and closes them. */
export async function askGoogleLive(
  endpoint: GoogleEndpoint,
  entry: CatalogEntry,
  target: CloudRunEntry,
): Promise<GateLine[]> {
  const clients = await createGoogleClients(endpoint);
  try {
    return await checkEntryLive(clients, entry, target);
  } finally {
    await clients.close();
  }
}

/** A platform that refuses a look fails the check; one that does not answer leaves it open (invariant I10). */
async function lineOf({ name, look }: LiveCheck, context: LiveContext): Promise<GateLine | null> {
  try {
    const finding = await look(context);
    return finding && { name, ...finding };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const role = roleFor(error.message);
    const isDenied = isCode(error, Status.PERMISSION_DENIED);
    const advice = isDenied && role !== undefined ? `; grant ${role}` : '';
    return { name, verdict: isDenied ? 'fail' : 'inconclusive', reason: `${error.message}${advice}` };
  }
}
