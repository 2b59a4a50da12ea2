/** One commit of a sample service: the service's base with layers of files put over it, in order. */
export interface Scenario {
  name: string;
  /** Subject of the commit, and what a person reads when choosing what to deploy. */
  description: string;
  layers: string[];
}

export interface History {
  /** Name of the repository, of the service, and of its folder in `sandbox/services`. */
  name: string;
  scenarios: Scenario[];
}

/**
 * The order is that of `main`. Going forward along it never takes a recorded migration away and never adds one before
 * another, so that any later scenario can be deployed over any earlier one; what only one scenario may have applied is additive,
 * but for the rename at the end, which is the point of that scenario.
 */
export const histories: History[] = [
  {
    name: 'openagents-runtime',
    scenarios: [
      { name: 'baseline', description: 'Runs and their events', layers: [] },
      { name: 'good', description: 'Sync stream and projector checkpoints, with their two tables', layers: ['khala-projections'] },
      {
        name: 'fails-smoke',
        description: 'Leases from a shared backend (nobody configured it: readiness and runs answer 500)',
        layers: ['khala-projections', 'lease-backend-missing'],
      },
      {
        name: 'fails-under-traffic',
        description: 'Leases kept in the process again (never released: fails after some seconds of traffic)',
        layers: ['khala-projections', 'lease-leak'],
      },
      {
        name: 'exits-at-start',
        description: 'Leases by region (needs a setting that no environment has: exits at start)',
        layers: ['khala-projections', 'unset-setting'],
      },
      {
        name: 'broken-migration',
        description: 'Lease holder as a column of runs (the migration names a column that does not exist)',
        layers: ['khala-projections', 'broken-lease-column'],
      },
      {
        name: 'compatible-migration',
        description: 'Labels of runs, in a table of their own; leases as they were',
        layers: ['khala-projections', 'run-labels'],
      },
      {
        name: 'predates-verify',
        description: 'Built from a branch older than migrate_and_verify, with an index of runs by owner',
        layers: ['khala-projections', 'run-labels', 'run-owners', 'without-verify'],
      },
      {
        name: 'incompatible-migration',
        description: 'Rename run_events to run_log (releases before this one fail once it has run)',
        layers: ['khala-projections', 'run-labels', 'run-owners', 'rename-run-events'],
      },
    ],
  },
  {
    name: 'openagents-web',
    scenarios: [
      { name: 'baseline', description: 'Runs for the public, through the runtime', layers: [] },
      { name: 'good', description: 'A home page that says what this is', layers: ['home-page'] },
    ],
  },
];
