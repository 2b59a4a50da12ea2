/** One commit of a sample service: the service's base with layers of files put over it, in order. */
export interface Scenario {
  name: string;
  /** Subject of the commit, and what a person reads when choosing what to deploy. */
  description: string;
  layers: string[];
  /**
   * A branch of its own that this commit is alone on, which leaves `main` after the scenario `after`. Without it the
   * commit is on `main`.
   */
  branch?: { name: string; after: string };
}

export interface History {
  /** Name of the repository, of the service, and of its folder in `sandbox/services`. */
  name: string;
  scenarios: Scenario[];
}

/**
 * The order is that of `main`. Going forward along it never takes a recorded migration away and never adds one before
 * another, so that any later scenario can be deployed over any earlier one; what only one scenario may have applied
 * is additive, but for the rename at the end, which is the point of that scenario. `out-of-order-migration` breaks
 * the rule, and is refused for it.
 */
export const histories: History[] = [
  {
    name: 'openagents-runtime',
    scenarios: [
      { name: 'baseline', description: 'Runs and their events', layers: [] },
      {
        name: 'good',
        description: 'Sync stream and projector checkpoints, with their two tables',
        layers: ['khala-projections'],
      },
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
        name: 'fails-tools',
        description: 'Web search through another gateway (it does not answer in time: calls of the tool fail)',
        layers: ['khala-projections', 'search-gateway'],
      },
      {
        name: 'fails-streams',
        description: 'Streams are followed for a shorter time (too short: sessions end by tail_timeout)',
        layers: ['khala-projections', 'short-tail'],
      },
      {
        name: 'fails-cursors',
        description: 'Events are retained for a shorter time (too short: clients come with stale cursors)',
        layers: ['khala-projections', 'short-retention'],
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
  {
    name: 'agento',
    scenarios: [
      { name: 'baseline', description: 'Orchestration runs, worked off a queue', layers: [] },
      { name: 'good', description: 'Steps of a run, in a table of their own', layers: ['run-steps'] },
      {
        name: 'fails-smoke',
        description:
          'Links of runs from a public address (nobody configured it: listing and enqueueing runs answers 500)',
        layers: ['run-steps', 'links-unset'],
      },
      {
        name: 'fails-under-traffic',
        description: 'Slots for requests (never given back: fails after some seconds of traffic)',
        layers: ['run-steps', 'slot-leak'],
      },
      {
        name: 'exits-at-start',
        description: 'Downstream API by region (needs a setting that no environment has: exits at start)',
        layers: ['run-steps', 'unset-setting'],
      },
      {
        name: 'fails-auth',
        description: 'Leave it to the gateway who may write (there is none: nobody is answered 401 or 403)',
        layers: ['run-steps', 'open-auth'],
      },
      {
        name: 'fails-queue',
        description: 'Only a leader takes runs (none is ever elected: runs stay queued)',
        layers: ['run-steps', 'no-leader'],
      },
      {
        name: 'fails-checks',
        description: 'Let a queued run fail at once (its own tests say no)',
        layers: ['run-steps', 'skipped-state'],
      },
      {
        name: 'broken-migration',
        description: 'Urgency as a column of runs (the migration names a column that does not exist)',
        layers: ['run-steps', 'broken-priority'],
      },
      {
        name: 'compatible-migration',
        description: 'Priority as a column of runs',
        layers: ['run-steps', 'run-priority'],
      },
      {
        name: 'incompatible-migration',
        description: 'Rename runs to orchestration_runs (releases before this one fail once it has run)',
        layers: ['run-steps', 'run-priority', 'rename-runs'],
      },
      {
        name: 'out-of-order-migration',
        description: 'Price of a listing (its migration is dated before one that earlier releases have applied)',
        layers: ['run-steps', 'run-priority', 'rename-runs', 'out-of-order'],
      },
      {
        name: 'not-on-branch',
        description: 'Listings by title, not merged yet',
        layers: ['run-steps', 'listing-search'],
        branch: { name: 'listing-search', after: 'good' },
      },
    ],
  },
  {
    name: 'oneiric',
    scenarios: [
      { name: 'baseline', description: 'Workflows that a task queue starts', layers: [] },
      { name: 'good', description: 'Translate as a workflow of its own', layers: ['three-workflows'] },
      {
        name: 'watches-files',
        description: 'Reload the configuration when it changes (watchers are on in an image that never changes)',
        layers: ['three-workflows', 'watch-files'],
      },
      {
        name: 'syncs-remote',
        description: 'Manifests from afar (remote sync is on)',
        layers: ['three-workflows', 'remote-sync'],
      },
      {
        name: 'supervisor-off',
        description: 'Start without the supervisor, for debugging (never meant to be released)',
        layers: ['three-workflows', 'supervisor-off'],
      },
      {
        name: 'secrets-from-file',
        description: 'Secrets from a file, for working without a network',
        layers: ['three-workflows', 'secret-file'],
      },
      {
        name: 'secret-missing',
        description: 'Sign the answers (the key is nowhere: the provider of secrets is not ready)',
        layers: ['three-workflows', 'further-secret'],
      },
      {
        name: 'paused',
        description: 'Pause all workflows for the move of the queue (and nobody resumed them)',
        layers: ['three-workflows', 'paused'],
      },
      {
        name: 'noisy',
        description: 'A watchdog (which warns on stderr, healthy as it is)',
        layers: ['three-workflows', 'noisy'],
      },
      {
        name: 'fails-profile-tests',
        description: 'Remote sync by default (the tests of the profile say no)',
        layers: ['three-workflows', 'broken-profile-test'],
      },
      {
        name: 'no-callback',
        description: 'Tasks by a gateway of their own (the queue still calls the old route)',
        layers: ['three-workflows', 'no-callback'],
      },
      {
        name: 'default-profile',
        description: 'Start in the profile of developers (it watches a folder that no image has: exits at start)',
        layers: ['three-workflows', 'default-profile'],
      },
      {
        name: 'exits-at-start',
        description: 'Queues by region (needs a setting that no environment has: exits at start)',
        layers: ['three-workflows', 'unset-setting'],
      },
      {
        name: 'caches-activity',
        description: 'Activity from the cache that the build makes (without BP_KEEP_FILES it exits at start)',
        layers: ['three-workflows', 'activity-cache'],
      },
      {
        name: 'loads-archive',
        description: 'The archive of all runs in memory (which is more than a gibibyte)',
        layers: ['three-workflows', 'loaded-archive'],
      },
      {
        name: 'warms-up',
        description: 'Warm up before the first answer (for longer than a start-up probe waits)',
        layers: ['three-workflows', 'long-warm-up'],
      },
      {
        name: 'manifest-elsewhere',
        description: 'Manifests in a folder of their own (the settings do not allow where they are packed)',
        layers: ['three-workflows', 'manifest-elsewhere'],
      },
    ],
  },
];
