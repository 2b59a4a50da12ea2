import type { CatalogEntry } from './catalog/catalog.ts';
import type { ChecklistEntry } from './catalog/checklist.ts';
import type { RequiredApproval } from './plan.ts';

/** Holds the way of a release as the catalog says it: values, not names to look up again. */
export interface Train {
  /** The environments of the stops, in order. */
  stops: CatalogEntry[];
  /** Null if the catalog has none: then no quality gate of the commit is confirmed here. */
  checklist: ChecklistEntry | null;
}

/** Describes one stop as the release plans it. Its run makes a plan of its own, with the hash that people approve. */
export interface PlannedStop {
  environment: string;
  kind: 'deploy' | 'promote';
  /** The environment that the artifact comes from; null for the first stop, which gets what was built. */
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
  /** Checks on GitHub that count although they were skipped, by the catalog's word; absent if none does. */
  skippable?: string[];
  stops: PlannedStop[];
}
