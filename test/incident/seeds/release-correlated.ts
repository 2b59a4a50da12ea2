import type { Seed } from './seed.ts';

/** Ten situations with several changes before the alert, one of which is to blame. */
export const releaseCorrelated: Seed[] = [
  {
    name: 'slow query',
    story: 'the last of three releases lists runs by a query without an index',
    alert: { name: 'RunsErrorRatioHigh', summary: '7 % of the requests for runs fail' },
    changes: [
      { name: 'client', minutes: -1300, commits: ['Bump the database client'] },
      { name: 'owner', minutes: -310, commits: ['Show the owner of a run in the list'] },
      { name: 'tenant', minutes: -12, commits: ['Tests of the list', 'List runs by tenant with their last event'] },
    ],
    lines: [
      {
        ...{ from: -11, until: 3, perMinute: 25, severity: 'ERROR' },
        message: 'GET /internal/v1/runs failed: canceling statement due to statement timeout after # ms',
      },
    ],
    guilty: 'tenant',
    category: null,
  },
  {
    name: 'guilty one, then a harmless one',
    story: 'a cache goes stale more and more; a release of words came shortly before the alert',
    alert: { name: 'TenantSettingsStale', summary: 'tenants see settings of yesterday' },
    changes: [
      { name: 'labels', minutes: -1200, commits: ['Labels of runs'] },
      { name: 'cache', minutes: -52, commits: ['Cache the settings of a tenant in the process'] },
      { name: 'words', minutes: -6, commits: ['Say what to do on the empty page of runs'] },
    ],
    lines: [
      {
        ...{ from: -50, until: -10, perMinute: 4, severity: 'ERROR' },
        message: 'settings of tenant # are stale: version read is behind the version written',
      },
      {
        ...{ from: -10, until: 3, perMinute: 20, severity: 'ERROR' },
        message: 'settings of tenant # are stale: version read is behind the version written',
      },
    ],
    guilty: 'cache',
    category: null,
  },
  {
    name: 'a migration alone',
    story: 'a migration dropped an index; the last release of code is older and fine',
    alert: { name: 'RunsLatencyHigh', summary: 'the 95th percentile of the latency of runs is 6 s' },
    changes: [
      { name: 'paging', minutes: -200, commits: ['Page through runs'] },
      { name: 'not found', minutes: -35, commits: ['Answer 404 for a run that is not known'] },
      { name: 'index', kind: 'migrate', minutes: -9, migrations: ['20260301090000_drop_index_of_owner.sql'] },
    ],
    lines: [
      {
        ...{ from: -9, until: 3, perMinute: 30, severity: 'WARNING' },
        message: 'slow query: # ms, SELECT * FROM runs WHERE owner = $1 ORDER BY inserted_at DESC',
      },
      {
        ...{ from: -7, until: 3, perMinute: 8, severity: 'ERROR' },
        message: 'POST /internal/v1/runs failed: timeout exceeded when trying to connect',
      },
    ],
    guilty: 'index',
    category: null,
  },
  {
    name: 'settings only',
    story: 'the same image with a smaller pool of connections; a release of code came before it',
    alert: { name: 'RunsErrorRatioHigh', summary: '11 % of the requests for runs fail' },
    changes: [
      { name: 'request id', minutes: -47, commits: ['Log the request id of each call'] },
      { name: 'pool', minutes: -21, isSettingsOnly: true },
    ],
    lines: [
      {
        ...{ from: -20, until: 3, perMinute: 15, severity: 'ERROR' },
        message: 'no connection within 2000 ms: the pool is full, 2 of 2 in use, # wait',
      },
    ],
    guilty: 'pool',
    category: null,
  },
  {
    name: 'changed by hand',
    story: 'somebody lowered the memory at the console; the last release is of the morning and has run well',
    alert: { name: 'ContainerRestartsHigh', summary: '9 containers were restarted in 5 minutes' },
    changes: [
      { name: 'export', minutes: -900, commits: ['Export runs as CSV'] },
      { name: 'morning', minutes: -340, commits: ['Split the scheduler into two files'] },
    ],
    byHand: ['revision runtime-00042-kib serves 100 %, not runtime-morning'],
    lines: [
      {
        ...{ from: -28, until: 3, perMinute: 1.5, severity: 'ERROR' },
        message:
          'Memory limit of 256 MiB exceeded with # MiB used. Consider increasing the memory limit, see ' +
          'https://cloud.google.com/run/docs/configuring/memory-limits',
      },
      { ...{ from: -28, until: 3, perMinute: 1.5, severity: 'WARNING' }, message: 'Container terminated on signal 9.' },
    ],
    guilty: 'by hand',
    category: null,
  },
  {
    name: 'a secret, then a harmless release',
    story: 'a new version of a password that one database does not know; a release of code carried it on',
    alert: { name: 'ReportsFail', summary: 'no report was made for 15 minutes' },
    changes: [
      { name: 'report', minutes: -1100, commits: ['Make reports in the background'] },
      { name: 'password', minutes: -38, isSettingsOnly: true },
      { name: 'build field', minutes: -14, commits: ['Say the build in the answer of the health check'] },
    ],
    lines: [
      {
        ...{ from: -39, until: 3, perMinute: 12, severity: 'ERROR' },
        message: 'report # failed: password authentication failed for user "runtime_reader"',
      },
    ],
    guilty: 'password',
    category: null,
  },
  {
    name: 'a rollback',
    story: 'somebody rolled back to code that does not know the newest state of a run',
    alert: { name: 'RunsErrorRatioHigh', summary: '14 % of the requests for runs fail' },
    changes: [
      { name: 'filters', minutes: -900, commits: ['Filter runs by state'] },
      { name: 'paused', minutes: -240, commits: ['Runs can be paused'], migrations: ['20260228100000_add_paused.sql'] },
      { name: 'back', kind: 'rollback', minutes: -8, to: 'filters' },
    ],
    lines: [
      {
        ...{ from: -9, until: 3, perMinute: 18, severity: 'ERROR' },
        message: 'GET /internal/v1/runs failed: run status "paused" in row # is not known',
      },
    ],
    guilty: 'back',
    category: null,
  },
  {
    name: 'a slow leak',
    story: 'finished runs stay in memory since five hours; two harmless changes came since',
    alert: { name: 'HeapNearlyFull', summary: 'the heap is 94 % of its limit after a collection' },
    changes: [
      { name: 'clock', minutes: -1000, commits: ['One clock for all timers'] },
      { name: 'inspector', minutes: -290, commits: ['Keep finished runs for the inspector'] },
      { name: 'typo', minutes: -120, commits: ['Mend a typo in the log of leases'] },
      { name: 'log level', minutes: -33, isSettingsOnly: true },
    ],
    lines: [
      {
        ...{ from: -268, until: -120, perMinute: 0.5, severity: 'WARNING' },
        message: 'heap is # % of its limit after a collection that took long',
      },
      {
        ...{ from: -120, until: -40, perMinute: 2, severity: 'WARNING' },
        message: 'heap is # % of its limit after a collection that took long',
      },
      {
        ...{ from: -40, until: 3, perMinute: 5, severity: 'WARNING' },
        message: 'heap is # % of its limit after a collection that took long',
      },
    ],
    guilty: 'inspector',
    category: null,
  },
  {
    name: 'a word as a trap',
    story: 'a proxy gives up too early; a newer release only writes about streams',
    alert: {
      name: 'OpenAgentsRuntimeStreamCompletionRatioLow',
      summary: 'Only 61 % of the stream sessions of openagents-runtime complete',
    },
    changes: [
      { name: 'billing', minutes: -500, commits: ['Count tokens per run'] },
      { name: 'proxy', minutes: -26, commits: ['Give an idle connection up after 20 s'] },
      { name: 'handbook', minutes: -9, commits: ['Describe in the handbook how a stream session ends'] },
    ],
    lines: [
      {
        ...{ from: -26, until: 3, perMinute: 40, severity: 'WARNING' },
        message: 'stream session ended without run.finished: tail_timeout',
        fields: { event: 'stream.session', outcome: 'tail_timeout' },
      },
    ],
    guilty: 'proxy',
    category: 'streamCompletion',
  },
  {
    name: 'under way',
    story: 'a deploy that has just got its traffic; an earlier one had failed and was taken back',
    alert: { name: 'HeartbeatsLost', summary: 'workers have lost 40 heartbeats in a minute' },
    changes: [
      { name: 'scheduler', minutes: -170, commits: ['Split the scheduler out'] },
      { name: 'queue client', minutes: -55, commits: ['Use the new client of the queue'], isRestored: true },
    ],
    underWay: { name: 'one socket', minutes: -5, commit: 'Send the heartbeats of a worker over one socket' },
    lines: [
      {
        ...{ from: -2, until: 3, perMinute: 25, severity: 'ERROR' },
        message: 'write EPIPE: worker # closed the connection in the middle of a frame',
        isOfUnderWay: true,
      },
    ],
    guilty: 'under way',
    category: null,
  },
];
