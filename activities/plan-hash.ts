import { canonicalJson, sha256 } from '../catalog/canonical-json.ts';
import type { ApprovableDrill } from '../contract/drill.ts';
import type { Plan } from '../contract/plan.ts';

/**
 * Which parts of a plan its hash covers. The others follow from those, and people see them beside what they approve. A
 * part that only another version knows counts as one of them.
 */
const isCovered = {
  ...{ change: true, kind: true, service: true, environment: true, artifact: true, migrations: true, crossed: true },
  ...{ steps: true, secrets: true, approvals: true, catalog: true, live: true, rollbackTo: true },
  ...{ commits: false, difference: false, configuration: false, manifest: false, migrationsUnknown: false },
  ...{ crossedUnknown: false, origin: false, refusedQuestions: false },
} as const satisfies Record<Exclude<keyof Plan, 'hash'>, boolean>;

type Coverage = typeof isCovered;
type ShownPart = { [Part in keyof Coverage]: Coverage[Part] extends false ? Part : never }[keyof Coverage];
export type ShownParts = Pick<Plan, ShownPart>;

/** What the hash of a drill covers. */
export type DrillContent = Pick<ApprovableDrill, 'change' | 'service' | 'environment' | 'parts' | 'revision'> & {
  catalog: string | undefined;
  digest: string;
};

/** Computes the hash of a plan: what an approval names (invariant I4). */
export function hashOfPlan(plan: Omit<Plan, 'hash'>): string {
  const coverage: Partial<Record<string, boolean>> = isCovered;
  return sha256(canonicalJson(Object.fromEntries(Object.entries(plan).filter(([part]) => coverage[part] === true))));
}

/** Computes the hash of a drill's plan. */
export function hashOfDrill({ change, service, environment, parts, catalog, digest, revision }: DrillContent): string {
  return sha256(canonicalJson({ change, service, environment, parts, catalog, digest, revision }));
}
