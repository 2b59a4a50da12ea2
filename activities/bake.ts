import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { readsLogsAtSource } from '../contract/catalog/targets/index.ts';
import type { Gate, GateResult } from '../contract/catalog/gates.ts';
import type { RotatedSecret } from '../contract/plan.ts';
import { verdictOf } from '../contract/verdict.ts';
import type { GateReport } from './gates/activities.ts';
import type { GateContext, GatePorts } from './gates/gate.ts';
import { selectGates, checkGate, observe } from './gates/index.ts';
import { withGateContext } from './gates/gate-context.ts';
import { ownRequestArrives, usersWereServed } from './gates/request-log.ts';
import { asPoll } from './urgency.ts';

export interface BakeRequest {
  entry: CatalogEntry;
  artifact: Artifact;
  change: string;
  revision: string;
  /** The revision that served before. */
  previous: string | null;
  /** Base URL of the live service. */
  url: string;
  /**
   * The times of the shift and of the beginning of this bake (RFC 3339). The workflow's clock gave them, so a new
   * worker goes on where the old one was.
   */
  shiftedAt: string;
  beganAt: string;
  attemptKey: string;
  rotated?: readonly RotatedSecret[];
}

const maxSeenLength = 200;

/**
 * Watches the gates while the service bakes (runbook 000, deploy sequence, step 4). No new entry proves nothing by
 * itself: at the end our own request must be in the log, and users must have been served.
 */
export function createBakeActivities(ports: GatePorts) {
  return {
    async bake(request: BakeRequest): Promise<GateReport> {
      return withGateContext(ports, { ...request, outputs: {} }, async (context) => {
        const { selected, leftOut } = selectGates(watchedGates(request.entry), context);
        const failed = await watchUntilFailure(request, selected, context);
        const gates = failed ?? (await concludeBake(request, selected, context));
        return { verdict: verdictOf(gates), gates, leftOut };
      });
    },
  };
}

/** Watches until a gate fails and answers the results; undefined if the time has passed without. */
async function watchUntilFailure(
  { entry, revision, beganAt }: BakeRequest,
  gates: Gate[],
  context: GateContext,
): Promise<GateResult[] | undefined> {
  const { bake } = entry.settings;
  const deadline = Date.parse(beganAt) + bake.seconds * 1000;
  for (;;) {
    const results = await asPoll(() => checkAll(gates, context));
    if (verdictOf(results) === 'fail') return results;
    const left = deadline - context.clock.now();
    const seen = results.map(({ name, reason }) => `${name}: ${reason}`.slice(0, maxSeenLength));
    context.progress({ baking: revision, of: bake.seconds, secondsLeft: Math.max(0, Math.round(left / 1000)), seen });
    if (left <= 0) return undefined;
    await pause(Math.min(left, bake.everySeconds * 1000), undefined, { signal: context.signal });
  }
}

/** Lists the gates that are watched while the service bakes. */
function watchedGates({ settings }: CatalogEntry): Gate[] {
  return [
    ...settings.logs.map((gate) => ({ ...gate, kind: 'log' as const })),
    ...(settings.bake.metrics ?? []).map((gate) => ({ ...gate, kind: 'metric' as const })),
  ];
}

function checkAll(gates: Gate[], context: GateContext): Promise<GateResult[]> {
  return Promise.all(gates.map((gate) => checkGate(gate, context)));
}

async function concludeBake(
  { beganAt, entry }: BakeRequest,
  gates: Gate[],
  context: GateContext,
): Promise<GateResult[]> {
  const arrival = readsLogsAtSource(entry.settings.target)
    ? []
    : [await observe('log-arrival', 'log', context, () => ownRequestArrives(beganAt, context))];
  const results = await checkAll(gates, context);
  return [...results, ...arrival, await observe('traffic', 'log', context, () => usersWereServed(context))];
}
