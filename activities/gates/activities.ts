import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { CommandGate, GateResult } from '../../contract/catalog/gates.ts';
import { verdictOf, type Verdict } from '../../contract/verdict.ts';
import type { GatePorts, Subject } from './gate.ts';
import { applicable, checkGates } from './index.ts';
import { look } from './gate-context.ts';

/** What the gates of a step say together, and each of them. */
export interface Judgement {
  verdict: Verdict;
  gates: GateResult[];
  /** Gates that the catalog wants only where something is there to ask, and nothing is. */
  leftOut?: string[];
}

export interface SmokeRequest {
  entry: CatalogEntry;
  /** Base URL of the candidate or of the live service. */
  url: string;
  artifact: Artifact;
  change: string;
  /** Tells one smoke of a change from another in the request log. */
  round: string;
}

export interface CommandsRequest {
  entry: CatalogEntry;
  /** The commit that is checked out. */
  commit: string;
  change: string;
  /** In order; they share one checkout. */
  gates: CommandGate[];
}

/**
 * The gates of a step as activities. A no is an answer and not a failure of the activity; the workflow draws the
 * consequence.
 */
export function createGateActivities(ports: GatePorts) {
  const judge = (subject: Subject, gates: Parameters<typeof checkGates>[0]): Promise<Judgement> =>
    look(ports, subject, async (context) => {
      const { asked, leftOut } = applicable(gates, context);
      const results = await checkGates(asked, context);
      return { verdict: verdictOf(results), gates: results, leftOut };
    });

  return {
    /** The first look at a candidate and at what is live (runbook 003, endpoints; runbook 004, procedure, step 4). */
    smoke: async (request: SmokeRequest): Promise<Judgement> =>
      judge({ ...request, revision: null, shiftedAt: null, kept: {} }, request.entry.settings.smoke),

    /** Gates of any kind, when the release serves (runbook 004, post-deploy verification). */
    verify: async (request: Subject): Promise<Judgement> => judge(request, request.entry.settings.verification ?? []),

    /** Programs of a commit in one clean checkout (runbook 004, pre-deploy checklist, step 1). */
    runCommands: async ({ entry, commit, change, gates }: CommandsRequest): Promise<Judgement> =>
      judge(
        {
          entry,
          artifact: { image: '', digest: '', commit },
          change,
          round: 'commands',
          url: '',
          revision: null,
          shiftedAt: null,
          kept: {},
        },
        gates,
      ),
  };
}
