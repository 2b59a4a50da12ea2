import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { CommandGate, GateResult } from '../../contract/catalog/gates.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import { verdictOf, type Verdict } from '../../contract/verdict.ts';
import type { GatePorts, GateSubject } from './gate.ts';
import { selectGates, checkGates, observe } from './index.ts';
import { waitUntilReady } from './readiness.ts';
import { withGateContext } from './gate-context.ts';

/** Reports what the gates of a step found, together and each of them. */
export interface GateReport {
  verdict: Verdict;
  gates: GateResult[];
  /** Names of the gates that were left out, because no Prometheus is known here. */
  leftOut: string[];
}

export interface SmokeRequest {
  entry: CatalogEntry;
  /** Base URL of the candidate or of the live service. */
  url: string;
  artifact: Artifact;
  change: string;
  /** Tells one smoke of a change from another, in the request log and in markers. */
  attemptKey: string;
  rotated?: readonly RotatedSecret[];
}

export interface CommandsRequest {
  entry: CatalogEntry;
  /** The commit that is checked out. */
  commit: string;
  change: string;
  /** The gates in order; they share one checkout. */
  gates: CommandGate[];
}

/**
 * Runs the gates of a step. A gate that fails is an answer and no failure of the activity; the workflow decides what
 * follows.
 */
export function createGateActivities(ports: GatePorts) {
  const runGates = (subject: GateSubject, gates: Parameters<typeof checkGates>[0]): Promise<GateReport> =>
    withGateContext(ports, subject, async (context) => {
      const { selected, leftOut } = selectGates(gates, context);
      const results = await checkGates(selected, context);
      return { verdict: verdictOf(results), gates: results, leftOut };
    });

  return {
    /** Smokes a candidate or what is live (runbook 003, endpoints; runbook 004, procedure, step 4). */
    smoke: async (request: SmokeRequest): Promise<GateReport> =>
      withGateContext(
        ports,
        { ...request, revision: null, previous: null, shiftedAt: null, outputs: {} },
        async (context) => {
          const { readiness, smoke } = request.entry.settings;
          const ready =
            readiness && (await observe('readiness', 'http', context, () => waitUntilReady(readiness, context)));
          const judges = ready === undefined || ready.verdict === 'pass';
          const gates = [...(ready ? [ready] : []), ...(judges ? await checkGates(smoke, context) : [])];
          return { verdict: verdictOf(gates), gates, leftOut: [] };
        },
      ),

    /** Verifies a release that serves (runbook 004, post-deploy verification). */
    verify: async (request: GateSubject): Promise<GateReport> =>
      runGates(request, request.entry.settings.verification ?? []),

    /** Runs programs of a commit in one clean checkout (runbook 004, pre-deploy checklist, step 1). */
    runCommands: async ({ entry, commit, change, gates }: CommandsRequest): Promise<GateReport> =>
      runGates(
        {
          entry,
          artifact: { image: '', digest: '', commit },
          change,
          attemptKey: 'commands',
          url: '',
          revision: null,
          previous: null,
          shiftedAt: null,
          outputs: {},
        },
        gates,
      ),
  };
}
