import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillEntry } from '../../contract/catalog/drill.ts';
import {
  describeClients,
  secondsText,
  type DrillPart,
  type DrillPartReport,
  type DrillPlan,
  type Instance,
} from '../../contract/drill.ts';
import type { Marker } from '../../contract/fence.ts';
import type { Verdict } from '../../contract/verdict.ts';
import { finalFailure } from '../failure.ts';
import type { GateContext, GatePorts } from '../gates/gate.ts';
import { withGateContext } from '../gates/gate-context.ts';
import type { Ports } from '../ports/index.ts';
import type { Instances } from '../ports/instances.ts';
import { withStreamingClients, type StreamingClients } from './clients.ts';

/** Time of the clients before anything is disturbed, so that there is something to compare with. */
const baselineMs = 1_000;
/** Time in which no client may be lost again before they count as back. */
const settleMs = 500;
/** Time for the clients to be reached at first. */
const firstAnswerMs = 10_000;

export interface DrillPartRequest {
  entry: CatalogEntry;
  marker: Marker;
  part: DrillPart;
  plan: DrillPlan;
  /** The instances to end, recorded before; none if only connections are broken. */
  instances: Instance[];
  /** Names step and attempt, as in a gate's requests. */
  attemptKey: string;
}

/**
 * Disturbs the service in one way while clients stream, and reports what they saw. A repeat disturbs nothing twice; but
 * the clients of a worker that died are lost, so where it had begun the report is inconclusive.
 */
export async function drillPart(
  ports: GatePorts & Pick<Ports, 'instances'>,
  request: DrillPartRequest,
): Promise<DrillPartReport> {
  const { entry, marker, plan, attemptKey } = request;
  const { artifact, url } = plan;
  const subject = { entry, artifact, change: marker.change, attemptKey, url };
  const unused = { revision: null, previous: null, shiftedAt: null, outputs: {} };
  const policy = policyOf(entry);
  const instances = instancesOf(ports, entry);
  return withGateContext(ports, { ...subject, ...unused }, (context) =>
    withStreamingClients(policy.clients, context, async (clients) => {
      const wasInterrupted = context.repeated && (await isBegun(request, instances));
      const before = wasInterrupted ? [] : await baseline(clients, context);
      const readyAfterMs = await disturb(request, instances, clients, context);
      await settle(clients, policy, context);
      const during = clients.takeReports();
      const ended = request.instances.map(({ name }) => name);
      const seen = { part: request.part, ended, readyAfterMs, before, during };
      return { ...seen, ...judge(seen, wasInterrupted) };
    }),
  );
}

/** Says whether an earlier try has ended an instance already. */
async function isBegun({ entry, instances }: DrillPartRequest, port: Instances): Promise<boolean> {
  if (instances.length === 0) return false;
  const left = await port.list(entry.settings.target);
  return !instances.every(({ id }) => left.some((one) => one.id === id));
}

/** Requires that every client is served before anything is disturbed. */
async function baseline(clients: StreamingClients, { signal, secrets }: GateContext) {
  if (!(await clients.allConnected(firstAnswerMs)))
    throw finalFailure(
      'GateFailed',
      `the service does not answer the clients, so nothing was disturbed: ${secrets.redact(clients.problem())}`,
    );
  clients.takeReports();
  await pause(baselineMs, undefined, { signal });
  return clients.takeReports();
}

async function disturb(
  { entry, marker, instances }: DrillPartRequest,
  port: Instances,
  clients: StreamingClients,
  { progress, signal }: GateContext,
): Promise<number | null> {
  if (instances.length === 0) {
    clients.breakConnections();
    return null;
  }
  const began = performance.now();
  await port.replace(entry.settings.target, { instances, marker, progress, signal });
  return Math.round(performance.now() - began);
}

/** Waits until every client is served and stays so for a moment, at most as long as the catalog says. */
async function settle(
  clients: StreamingClients,
  { reconnectWithinSeconds }: DrillEntry,
  { progress, signal }: GateContext,
): Promise<void> {
  const deadline = performance.now() + reconnectWithinSeconds * 1000;
  do {
    progress({ action: 'wait until every client is back' });
    if (!(await clients.allConnected(deadline - performance.now()))) return;
    await pause(settleMs, undefined, { signal });
  } while (!(await clients.allConnected(0)) && performance.now() < deadline);
}

function judge(
  { ended, readyAfterMs, during }: Pick<DrillPartReport, 'ended' | 'readyAfterMs' | 'during'>,
  wasInterrupted: boolean,
): { verdict: Verdict; reason: string } {
  const what =
    readyAfterMs === null
      ? 'connections were broken at the clients'
      : `${ended.join(', ')} deleted, all ready after ${secondsText(readyAfterMs)}`;
  const cut = wasInterrupted ? 'interrupted: what clients saw until then is lost; ' : '';
  const isBack = during.every(({ isConnected }) => isConnected);
  return {
    verdict: !isBack ? 'fail' : wasInterrupted ? 'inconclusive' : 'pass',
    reason: `${cut}${what}; ${describeClients(during)}`,
  };
}

function policyOf({ service, environment, settings: { drill } }: CatalogEntry): DrillEntry {
  if (!drill) throw finalFailure('BadRequest', `the catalog allows no drill of ${service} in ${environment}`);
  return drill;
}

/** Finds the port that ends instances; throws where the platform has none. */
export function instancesOf({ instances }: Pick<Ports, 'instances'>, { settings }: CatalogEntry): Instances {
  const found = instances[settings.target.kind];
  if (!found) throw finalFailure('BadRequest', `no instance of ${settings.target.kind} can be named and ended`);
  return found;
}
