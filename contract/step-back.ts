import { z } from 'zod';
import { describeCommit } from './artifact.ts';
import { callerBell } from './bells.ts';
import type { IncidentInput } from './inputs.ts';
import { changeKinds } from './plan.ts';
import type { StepName } from './step-names.ts';

/** Names the steps whose gates look at what users get by now. */
export const gatesUnderTraffic = [
  'smoke-live',
  'gate-migration',
  'gate-smoke',
  'bake',
  'verify',
] as const satisfies StepName[];

const text = z.string().max(1000);
const moment = z.string().max(100);

/** Says that a change was taken back since a gate had failed under traffic, and what became of its restore. */
const stepBack = z.object({
  gate: z.enum(gatesUnderTraffic),
  why: text,
  /** When users got it; null if nobody knows. */
  shiftedAt: moment.nullable(),
  restore: z.object({ startedAt: moment, endedAt: moment, succeeded: z.boolean(), outcome: text }),
});
export type StepBack = z.infer<typeof stepBack>;

/** A change that was taken back, by the word of its own run. */
export const brokenChange = z.object({
  ...callerBell.shape,
  change: text,
  kind: z.enum(changeKinds),
  commit: text,
  /** Who asked for it. */
  by: text,
  /** Commits that it brought, one line each. */
  commits: z.array(text),
  stepBack,
});
export type BrokenChange = z.infer<typeof brokenChange>;

type OpeningChange = Pick<BrokenChange, 'workflowId' | 'firstExecutionRunId' | 'change' | 'commit'> & {
  kind: string;
  stepBack: Pick<StepBack, 'gate'>;
};

/** Makes the input of an incident that a change opens. The incident asks the change for all the rest. */
export function incidentInputOfChange(
  { service, environment }: Pick<IncidentInput, 'service' | 'environment'>,
  { change, commit, firstExecutionRunId, kind, stepBack, workflowId }: OpeningChange,
) {
  return {
    service,
    environment,
    title: `${describeBroken({ kind, commit })} failed in ${stepBack.gate}`.slice(0, 200),
    openedBy: `${kind} ${change}`,
    change: { workflowId, firstExecutionRunId },
  } satisfies IncidentInput;
}

/** Names a change in one line: what it was, and of which commit. */
export function describeBroken({ kind, commit }: { kind: string; commit: string }): string {
  return `${kind} of ${describeCommit(commit)}`;
}
