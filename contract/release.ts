import { z } from 'zod';
import type { CatalogEntry } from './catalog/catalog.ts';
import type { ChecklistEntry } from './catalog/checklist.ts';
import { verdicts } from './catalog/gates.ts';
import type { RequiredApproval } from './plan.ts';
import { questions } from './statement.ts';
import { phases, stepStates, waitingKinds } from './status.ts';

/** The way of a release as the catalog says it: values, not names to look up again. */
export interface Train {
  /** The places of the stops, in order. */
  stops: CatalogEntry[];
  /** Null where the catalog has none: then no quality gate of the commit is confirmed here. */
  checklist: ChecklistEntry | null;
}

/** One stop as the release plans it. Its run makes a plan of its own, with a hash: that one is what people approve. */
export interface PlannedStop {
  environment: string;
  kind: 'deploy' | 'promote';
  /** Where the artifact comes from; null for the first stop, which gets what was built. */
  from: string | null;
  workflowId: string;
  approvals: RequiredApproval[];
  steps: string[];
  /** Digest of the resolved catalog entry. */
  catalog: string;
}

/** Answer of the query `plan` of a release: the train's plan (runbook 004, deployment procedure). */
export interface ReleasePlan {
  change: string;
  kind: 'release';
  service: string;
  commit: string;
  checklist: string[];
  stops: PlannedStop[];
}

const text = z.string().max(20_000);
const moment = z.string().max(40);
const signature = z.object({
  change: text,
  service: text,
  environment: text,
  gate: z.enum(questions),
  plan: text,
  expires: moment,
  signers: z.array(z.object({ by: text, key: text })).max(200),
});

/**
 * What the run of a stop tells its release, with each phase. Any client could send it, so it is parsed like a
 * person's message, and it decides nothing: the release goes on by the end of the run itself and by what the platform
 * serves.
 */
export const stopReport = z.object({
  workflowId: text,
  change: text,
  phase: z.enum(phases),
  digest: text,
  plan: text,
  steps: z
    .array(
      z.object({
        name: text,
        state: z.enum(stepStates),
        startedAt: moment.nullable(),
        endedAt: moment.nullable(),
        attempts: z.number(),
        error: text.nullable(),
        detail: text.optional(),
        gates: z
          .array(z.object({ name: text, verdict: z.enum(verdicts), reason: text }))
          .max(100)
          .optional(),
      }),
    )
    .max(200),
  approvals: z
    .array(
      z.object({
        by: text,
        role: text,
        at: moment,
        plan: text,
        gate: z.enum(questions).optional(),
        expires: moment.optional(),
        signature: text.optional(),
        breakGlass: z.literal(true).optional(),
      }),
    )
    .max(50)
    .default([]),
  waitingFor: z
    .object({
      kind: z.enum(waitingKinds),
      what: text,
      since: moment,
      until: moment.nullable(),
      who: z.array(text).max(200),
      commands: z.array(text).max(50),
      signature: signature.optional(),
    })
    .nullable(),
});

export type StopReport = z.infer<typeof stopReport>;
