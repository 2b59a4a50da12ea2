import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillEntry } from '../../contract/catalog/drill.ts';
import { hasInstances } from '../../contract/catalog/targets/index.ts';
import {
  drillParts,
  type ApprovableDrill,
  type DrillPart,
  type DrillPlan,
  type DrillResult,
} from '../../contract/drill.ts';
import { drillInput, type DrillInput } from '../../contract/inputs.ts';
import { countOf } from '../../contract/plan.ts';
import { ending, isFailure } from '../run/failures.ts';
import { runOperation, type Operation, type Report } from './operation.ts';

/** A drill whose input and catalog entry are known. */
export interface Drill extends Operation {
  readonly policy: DrillEntry;
  readonly parts: DrillPart[];
  /** What it disturbs; null before that was read. */
  plan: DrillPlan | null;
}

/** Runs a drill: handlers first, then the input and the catalog entry, then its story. */
export async function runDrill(raw: unknown, story: (drill: Drill) => Promise<DrillResult>): Promise<DrillResult> {
  const definition = {
    kind: 'drill',
    input: drillInput,
    open: (operation: Operation, input: DrillInput): Drill => ({
      ...operation,
      policy: requirePolicy(operation.entry),
      parts: partsOf(input),
      plan: null,
    }),
    planOf: describeApprovable,
    cancelled: 'cancelled; the environment is free, and the platform replaces what was ended',
    reportOf: describeFailed,
  } as const;
  return runOperation(definition, raw, story);
}

/** Answers what people approve, with where and by whom. */
function describeApprovable({ run, entry, plan, policy: { approvals } }: Drill): ApprovableDrill | null {
  const { service, environment } = entry;
  return plan && { ...plan, kind: 'drill', change: run.id, service, environment, approvals };
}

function describeFailed({ request, run }: Drill, why: string, error: unknown): Report {
  const ended = countOf(run.record.status.drill?.length ?? 0, 'part');
  const serves = isFailure(error, 'Drifted') ? 'unknown' : 'unchanged';
  return { kind: 'drill', outcome: `${why}; ${ended} had ended`, ...request, serves };
}

/** Requires that the catalog allows a drill here: it says so nowhere by itself, and so not in production. */
function requirePolicy({ service, environment, settings }: CatalogEntry): DrillEntry {
  if (!hasInstances(settings.target))
    throw ending(
      'InvalidInput',
      `environment: no drill is possible on ${settings.target.kind}, where ${service} runs in ${environment}`,
    );
  if (!settings.drill)
    throw ending(
      'InvalidInput',
      `environment: the catalog allows no drill of ${service} in ${environment}: its entry has no field drill`,
    );
  return settings.drill;
}

/** Lists the parts in the order of a drill, each once. */
function partsOf({ kind = 'all' }: DrillInput): DrillPart[] {
  if (kind === 'all') return [...drillParts];
  const wanted: readonly DrillPart[] = typeof kind === 'string' ? [kind] : kind;
  return drillParts.filter((part) => wanted.includes(part));
}
