import { canonicalJson, sha256 } from '../catalog/load.ts';
import type { ApprovableDrill } from '../contract/drill.ts';
import type { Plan } from '../contract/plan.ts';

/** Parts of a plan that people see beside what they approve: they follow from it, so the hash does not cover them. */
const shownParts = [
  'commits',
  'difference',
  'configuration',
  'manifest',
  'migrationsUnknown',
  'crossedUnknown',
  'origin',
  'refusedQuestions',
] as const satisfies (keyof Plan)[];

export type ShownParts = Pick<Plan, (typeof shownParts)[number]>;

/** What the hash of a drill covers. */
export type DrillContent = Pick<ApprovableDrill, 'change' | 'service' | 'environment' | 'parts' | 'revision'> & {
  catalog: string | undefined;
  digest: string;
};

/** Computes the hash of a plan: what an approval names (invariant I4). */
export function hashOfPlan(plan: Omit<Plan, 'hash'>): string {
  const apart: ReadonlySet<string> = new Set(['hash', ...shownParts]);
  return sha256(canonicalJson(Object.fromEntries(Object.entries(plan).filter(([part]) => !apart.has(part)))));
}

/** Computes the hash of a drill's plan. */
export function hashOfDrill({ change, service, environment, parts, catalog, digest, revision }: DrillContent): string {
  return sha256(canonicalJson({ change, service, environment, parts, catalog, digest, revision }));
}
