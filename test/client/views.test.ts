import { Settings } from 'luxon';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { exitCodeOfRun } from '../../client/cli/exit-codes.ts';
import type { RunReport } from '../../client/api/run-report.ts';
import type { RunSummary } from '../../client/api/runs.ts';
import { runTable } from '../../client/view/runs.ts';
import { environmentLines } from '../../client/view/environment.ts';
import { lastKnownGood, runningRevision, type ChangeEntry } from '../../contract/ledger.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { Plan } from '../../contract/plan.ts';
import { fitRows, liveLines, waitsOnce } from '../../client/view/watch.ts';
import { changeLines } from '../../client/view/changes.ts';
import { planLines } from '../../client/view/plan.ts';
import { shorten } from '../../client/view/check-line.ts';
import { endLines, statusLines } from '../../client/view/status.ts';

Settings.defaultZone = 'UTC';
const plain = pc.createColors(false);
const at = '2026-01-02T03:04:05.000Z';
const running: RunReport = {
  workflowId: 'deploy-1',
  runId: 'r',
  workflowType: 'deploy',
  execution: 'RUNNING',
  startedAt: at,
  closedAt: null,
  link: null,
  stale: false,
  asOf: null,
  progress: null,
  end: null,
  phase: 'approval',
  service: 'shop',
  environment: 'production',
  kind: 'deploy',
  steps: [
    {
      name: 'build',
      state: 'passed',
      startedAt: at,
      endedAt: '2026-01-02T03:04:07.500Z',
      attempts: 1,
      error: null,
      detail: 'image',
    },
    { name: 'stage', state: 'pending', startedAt: null, endedAt: null, attempts: 0, error: null },
  ],
  waitingFor: {
    kind: 'approval',
    what: 'approval by release-owner',
    since: at,
    until: null,
    who: ['ann@example.com'],
    commands: ['temporal workflow signal --name approve'],
  },
  refused: { count: 0, last: [] },
  outcome: null,
};

const summary: RunSummary = {
  ...{ workflowId: 'deploy-1', runId: 'r', workflowType: 'deploy', change: 'c1', execution: 'RUNNING' },
  ...{ service: 'shop', environment: 'production', phase: 'bake', commit: '', startedAt: at, closedAt: null },
  ...{ waitingFor: '', next: '', outcome: '' },
};

describe('a workflow id that a stranger chose', () => {
  const workflowId = 'deploy-1\u001b]52;c;Y3VybA==\u0007\u001b[2J\u202e';
  it.each([
    ['list', () => runTable([{ ...summary, workflowId, workflowType: workflowId }], plain)],
    ['status, before the run has said its service', () => statusLines({ ...running, service: '', workflowId }, plain)],
  ])('cannot write to the terminal: %s', (_where, lines) => {
    const text = lines().join('\n');
    expect(text).toContain('deploy-1');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

const entry = (more: Partial<ChangeEntry>): ChangeEntry => ({
  kind: 'deploy',
  outcome: 'released',
  commit: 'a'.repeat(40),
  digest: 'sha256:a',
  revision: 'shop-1',
  plan: '',
  by: 'ann@example.com',
  reason: '',
  migrations: [],
  schema: null,
  verified: true,
  serves: { revision: 'shop-1', digest: 'sha256:a', commit: 'a'.repeat(40) },
  before: null,
  irreversible: false,
  hold: null,
  approvals: [],
  number: 1,
  change: 'c1',
  at,
  previous: '',
  hash: 'h',
  ...more,
});

describe('an environment for people', () => {
  const ledger = [
    entry({}),
    entry({
      change: 'c2',
      commit: 'b'.repeat(40),
      digest: 'sha256:b',
      verified: false,
      outcome: 'rolled back: smoke',
      serves: { revision: 'shop-1-r1', digest: 'sha256:a', commit: 'a'.repeat(40) },
    }),
  ];
  const ticket = {
    change: 'c3',
    kind: 'deploy',
    workflowId: 'deploy-3',
    firstExecutionRunId: 'f',
    owner: 'bob@example.com',
    reason: 'a fix',
    commit: '',
    digest: '',
    position: 0,
    since: at,
    waitsFor: 'the end of the freeze of ann@example.com',
  } as const;
  const status: EnvironmentStatus = {
    service: 'shop',
    environment: 'production',
    phase: 'frozen',
    isOpen: true,
    number: 2,
    holder: null,
    queue: [ticket],
    freeze: { by: 'ann@example.com', reason: 'sale', since: at, until: null },
    stops: [],
    nextFreeze: null,
    ledger,
    holds: [{ digest: 'sha256:b', commit: 'b'.repeat(40), reason: 'smoke', change: 'c2', since: at }],
    runs: runningRevision(ledger),
    lastKnownGood: lastKnownGood(ledger),
    waitingFor: null,
    refused: { count: 0, last: [] },
  };

  const platform = {
    service: 'shop',
    environment: 'production',
    problems: [],
    serving: [{ revision: 'shop-1-r1', digest: 'sha256:a', commit: 'a'.repeat(40), percent: 100 }],
  };

  it('says what serves and what is recorded, since when, by whom, what waits for what, and what is forbidden', () => {
    const text = environmentLines(status, plain, platform).join('\n');
    expect(text).toMatch(/serves +commit a{12} to 100 % of users \(revision shop-1-r1\)/);
    expect(text).toMatch(
      /recorded +commit a{12} \(revision shop-1-r1, digest .*\), released .* by ann@example.com \(change c1\)/,
    );
    expect(text).toMatch(/queue +1\. deploy c3 of bob@example.com .*: a fix; waits for the end of the freeze/);
    for (const part of [
      'holder number 2',
      'last good',
      'held by      nobody',
      'frozen       by ann@example.com',
      'on hold',
      'rolled back: smoke',
    ])
      expect(text).toContain(part);
  });

  it('admits that it does not know what runs after a change that could not say', () => {
    const unsure = [...ledger, entry({ change: 'c4', verified: false, serves: 'unknown' })];
    expect(runningRevision(unsure)).toMatchObject({ revision: 'shop-1-r1', certain: false });
    expect(
      environmentLines({ ...status, runs: runningRevision(unsure) }, plain, 'no answer within 10 s').join('\n'),
    ).toContain('./slipway drift shop --environment production');
  });

  it('says that users met something else meanwhile, and since when it serves again', () => {
    const exposed = { from: '2026-01-02T03:10:00.000Z', to: '2026-01-02T03:11:00.000Z' };
    const back = [...ledger, entry({ change: 'c5', verified: false, exposed })];
    expect(runningRevision(back)).toMatchObject({ since: at, again: { since: exposed.to, change: 'c5' } });
    expect(environmentLines({ ...status, runs: runningRevision(back) }, plain, platform).join('\n')).toMatch(
      /recorded .*, again since .*03:11:00 UTC, when change c5 was taken back; released .* \(change c1\)/,
    );
  });

  it('shows of a parked one what each answer does, and one command for each', () => {
    const what = 'a decision about a look at what the holder before left: credentials were revoked';
    const command = (action: string) => `./slipway decide environment/shop/production --action ${action} --by ann`;
    const choices = [
      { action: 'retry' as const, effect: 'look again', command: command('retry') },
      { action: 'markDone' as const, effect: 'go on by what you saw', command: command('markDone') },
    ];
    const commands = choices.flatMap((one) => [`temporal workflow signal --name decide # ${one.action}`, one.command]);
    const waitingFor = { kind: 'operator' as const, what, since: at, until: null, who: ['ann'], commands, choices };
    const lines = environmentLines({ ...status, phase: 'parked', waitingFor }, plain, platform);
    const first = lines.findIndex((line) => line.includes('waits for    a decision'));
    expect(lines[first]).toMatch(/ \(since .*03:04:05 UTC\)$/);
    expect(lines.slice(first + 1, first + 6)).toEqual([
      '  who          ann',
      '  retry     look again',
      `            ${command('retry')}`,
      '  markDone  go on by what you saw',
      `            ${command('markDone')}`,
    ]);
    expect(lines.join('\n')).not.toContain('temporal workflow signal');
  });

  it('says what is not compared while a change holds it, and that a gate was skipped', () => {
    const skipped = ['bake skipped by bob@example.com: the log is down'];
    const good = { ...status, lastKnownGood: entry({ skipped }), ledger: [entry({ skipped })] };
    const held = { ...platform, notCompared: ['ledger, traffic and settings: deploy c3 of bob@example.com holds it'] };
    const text = environmentLines(good, plain, held).join('\n');
    expect(text).toMatch(/not compared +ledger, traffic and settings: deploy c3/);
    expect(text).toMatch(/last good .* by deploy c1, bake skipped by bob@example.com: the log is down/);
    expect(text).not.toContain('released verified');
  });
});

describe('a plan for people', () => {
  const plan: Plan = {
    change: 'c1',
    kind: 'deploy',
    service: 'shop',
    environment: 'production',
    artifact: { commit: 'a'.repeat(40), image: '', digest: '' },
    migrations: null,
    steps: ['plan'],
    approvals: [{ role: 'data-owner', count: 1 }],
    catalog: 'h',
    live: { serving: [], traffic: [], template: null, job: null },
    rollbackTo: null,
    hash: 'h'.repeat(64),
  };
  const shown = (changes: Partial<Plan>) => planLines({ ...plan, ...changes }, pc.createColors(false)).join('\n');

  it('says what of the catalog a rollback goes on without', () => {
    const refusedQuestions = ['logs.errors.filter: unexpected end'];
    expect(shown({ refusedQuestions })).toContain('goes without logs.errors.filter: unexpected end');
  });

  it('says why the migrations are not known, and what that means', () => {
    const lines = shown({ migrationsUnknown: 'the commit has no folder db' });
    expect(lines).toMatch(
      /migrations +not known: the commit has no folder db\n +what is not known counts as incompatible/,
    );
    // A plan of an earlier version knew one reason only.
    expect(shown({})).toContain('not known: the live commit is not known');
    expect(shown({ migrations: [] })).toMatch(/migrations +none/);
  });

  it('says what the artifact rests on, and nothing where the plan does not know', () => {
    expect(shown({ origin: { kind: 'tag' } })).toMatch(/rests on +only the tag says that this is commit aaaaaaaaaaaa/);
    expect(shown({ origin: { kind: 'image' } })).toMatch(/rests on +nothing says from which commit/);
    expect(shown({})).not.toContain('rests on');
  });

  it('says of a rollback that it runs no migration, which lie between, and where it goes if it fails', () => {
    const serves = { revision: 'shop-2', digest: 'sha256:b', commit: 'b'.repeat(40) };
    const migrations = [{ name: '2_b.sql', compatibility: 'compatible' as const }];
    const lines = shown({ kind: 'rollback', rollbackTo: serves, migrations });
    expect(lines).toMatch(/migrations +none is run\n +between +2_b\.sql compatible/);
    expect(lines).toMatch(/if it fails +it leaves what it did; commit bbbbbbbbbbbb \(revision shop-2\) served before/);
    expect(shown({ kind: 'rollback', migrations: [] })).not.toContain('between');
    expect(shown({})).toContain('if it fails  there is nothing to go back to');
    expect(shown({ rollbackTo: serves })).toMatch(/if it fails +back to commit bbbbbbbbbbbb \(revision shop-2\)/);
  });
});

describe('a run for people', () => {
  it('shows a drill by what each client saw', () => {
    const saw = { requests: 40, errors: 2, losses: 1, longestGapMs: 310, reconnectMs: 110, isConnected: true };
    const gone = { ...saw, reconnectMs: null, isConnected: false };
    const kind = { part: 'restart', verdict: 'fail' } as const;
    const part = { ...kind, reason: '', ended: ['shop-0'], readyAfterMs: 900 };
    const drill = [{ ...part, before: [], during: [saw, gone] }];
    const lines = statusLines({ ...running, kind: 'drill', drill }, plain);
    expect(lines).toContain('  restart: what clients saw');
    const first = '40 answers, 2 errors, connection lost 1 time, longest gap 0.31 s';
    expect(lines).toContain(`    client 1: ${first}, back after 0.11 s`);
    expect(lines).toContain(`    client 2: ${first}, did not come back`);
  });

  it('shows steps with how long they took, and the commands that go on, each on a line of its own', () => {
    const lines = statusLines(running, plain);
    expect(lines).toContainEqual(expect.stringMatching(/✓ build {2,}2\.5 s {2}image/));
    expect(lines).toContain('  temporal workflow signal --name approve');
  });

  it('shows our commands, and no recipe to sign by hand; a live view shows them once for each wait', () => {
    const ours = './slipway approve deploy-1 --by ann@example.com';
    const signed =
      "signature=$(printf '%s' … | ssh-keygen -Y sign -n slipway) && temporal workflow signal --name approve";
    const commands = [signed, 'temporal workflow signal --name reject', ours];
    const asking: RunReport = { ...running, waitingFor: { ...running.waitingFor!, kind: 'approval', commands } };
    const lines = statusLines(asking, plain);
    expect(lines).toContain(`  ${ours}`);
    expect(lines.filter((line) => /^ *(signature=|temporal )/.test(line))).toEqual([]);
    const newWait = waitsOnce(plain, null);
    expect(newWait(asking)?.split('\n').slice(-1)).toEqual([`  ${ours}`]);
    expect(newWait({ ...asking, steps: [], progress: { secondsLeft: 3 } })).toBeNull();
    expect(newWait({ ...asking, waitingFor: null })).toBeNull();
    expect(newWait(asking)).toContain(ours);
    expect(waitsOnce(plain, asking)(asking)).toBeNull();
  });

  it.each([
    ['Rejected', 'rejected by ann@example.com: not today', 'Rejected by ann@example.com: not today'],
    ['RolledBack', 'the smoke failed', 'RolledBack: the smoke failed'],
    ['Frozen', 'frozenly said', 'Frozen: frozenly said'],
  ])('that ended as %s says that once', (type, message, expected) => {
    expect(endLines({ end: { type, message, result: null }, outcome: null }, plain)).toEqual([expected]);
  });

  it('that has ended has no steps to come: those that it did not reach are one line', () => {
    const pending = { state: 'pending', startedAt: null, endedAt: null, attempts: 0, error: null } as const;
    const steps = [...(running.steps ?? []), { name: 'shift', ...pending }];
    const end = { type: 'RolledBack', message: 'the smoke failed', result: null };
    const lines = statusLines({ ...running, steps, execution: 'FAILED', end }, plain);
    expect(lines).toContain('  ○ not reached: stage, shift');
    expect(lines.join('\n')).not.toMatch(/○ (stage|shift)/);
    expect(statusLines({ ...running, steps }, plain).join('\n')).toMatch(/○ stage\s+○ shift/);
  });

  it('cuts no character in two where it does not fit', () => {
    expect(shorten('ab🎉cd', 4)).toBe('ab🎉…');
    expect(shorten('ab🎉c', 4)).toBe('ab🎉c');
  });

  it('says that it is stale, and when it was true', () => {
    const lines = statusLines({ ...running, stale: true, asOf: at }, plain).join('\n');
    expect(lines).toMatch(/no worker answers, as of .*\.\/slipway worker/);
  });

  it('folds the stops of a release that are over or still to come, so that the one under way is in view', () => {
    const step = (name: string, state: 'pending' | 'running' | 'passed' | 'skipped') => ({
      name,
      state,
      startedAt: state === 'pending' ? null : at,
      endedAt: state === 'passed' ? at : null,
      attempts: 1,
      error: null,
    });
    const steps = [
      step('checklist: check', 'passed'),
      step('checklist: test', 'passed'),
      step('build', 'passed'),
      step('staging: stage', 'passed'),
      step('staging: migrate', 'running'),
      step('production: stage', 'pending'),
      step('production: migrate', 'pending'),
      step('same digest', 'pending'),
    ];
    const stops = (['staging', 'production'] as const).map((environment) => ({
      environment,
      kind: 'deploy' as const,
      workflowId: `release-1/${environment}`,
      state: 'running' as const,
      change: 'c1',
    }));
    const names = (columns?: number) =>
      statusLines(
        { ...running, kind: 'release', stops, steps, waitingFor: null },
        plain,
        new Date(at),
        columns,
      ).flatMap((line) => /^ {2}[✓●○] (\S.*?)(?: {2,}|$)/.exec(line)?.[1] ?? []);
    expect(names(100)).toEqual([
      'checklist',
      'build',
      'staging: stage',
      'staging: migrate',
      'production',
      'same digest',
    ]);
    expect(names()).toEqual(steps.map(({ name }) => name));
  });

  it('tells a pipe only what is new', () => {
    expect(changeLines(running, running, plain)).toEqual([]);
    const refused = {
      ...running,
      refused: { count: 1, last: [{ at, message: 'approve', by: 'eve@example.com', reason: 'not a release-owner' }] },
    };
    expect(changeLines(running, refused, plain)).toEqual(['refused approve by eve@example.com: not a release-owner']);
    const ended: RunReport = {
      ...running,
      phase: 'failed',
      execution: 'FAILED',
      waitingFor: null,
      end: { type: 'Rejected', message: 'not today', result: null },
    };
    expect(changeLines(running, ended, plain)).toEqual(['failed', 'Rejected: not today']);
  });

  it('has no line that is wider than the terminal, however long the question', () => {
    const what = `sign-off of the migration by data-owner: ${'execution abc applied 1_add. '.repeat(8)}`;
    const asked = { ...running, waitingFor: running.waitingFor && { ...running.waitingFor, what } };
    const lines = liveLines(asked, plain, 80, new Date(at));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(what.trim().slice(-60));
  });

  it('cuts the detail of a step to one row', () => {
    const { steps = [] } = running;
    const long = {
      ...running,
      waitingFor: null,
      steps: steps.map((step) => ({ ...step, detail: 'word '.repeat(60) })),
    };
    expect(liveLines(long, plain, 80, new Date(at))).toHaveLength(statusLines(long, plain, new Date(at), 80).length);
  });

  it('keeps head and end on a terminal that is too low for all of it', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    expect(fitRows(lines, 30)).toEqual(['line 0', 'line 1', '  … 12 lines more', ...lines.slice(14)]);
    expect(fitRows(lines, 30)).toHaveLength(29);
    expect(fitRows(lines.slice(0, 29), 30)).toEqual(lines.slice(0, 29));
    expect(fitRows(lines, 1).at(-1)).toBe('line 39');
  });

  it('shows in a pipe why the gates of a step answered so', () => {
    const gates = [{ name: 'readiness', verdict: 'fail' as const, reason: 'GET /readyz answered 503' }];
    const step = { name: 'smoke-candidate', startedAt: at, endedAt: at, attempts: 1, error: 'the smoke failed', gates };
    const before = {
      ...running,
      steps: [{ ...step, state: 'running' as const, gates: [], endedAt: null, error: null }],
    };
    const lines = changeLines(before, { ...running, steps: [{ ...step, state: 'failed' as const }] }, plain);
    expect(lines.join('\n')).toMatch(/✗ smoke-candidate .*\n +✗ readiness: GET \/readyz answered 503/);
  });

  it('shows of a step under way how long yet, and what was seen', () => {
    const bake = { name: 'bake', state: 'running' as const, startedAt: at, endedAt: null, attempts: 1, error: null };
    const progress = { baking: 'shop-2', of: 15, secondsLeft: 12, seen: ['web-500: 0 new entries', 'traffic: 4 of 5'] };
    const text = (told: RunReport['progress']) =>
      statusLines({ ...running, steps: [bake], progress: told }, plain, new Date(at)).find((line) =>
        line.includes('bake'),
      );
    expect(text(progress)).toMatch(/● bake .* 3 of 15 s; web-500: 0 new entries; traffic: 4 of 5$/);
    expect(text({ waitingFor: 'log entries of shop-x' })).toMatch(/waits for log entries of shop-x$/);
    expect(text({ build: 'image', says: 'step 3' })).toMatch(/build: image; says: step 3$/);
    expect(text(null)).toMatch(/● bake +0\.0 s$/);
  });

  it.each([
    ['COMPLETED', 0],
    ['FAILED', 1],
    ['CANCELLED', 1],
  ])('that ended as %s has the exit code %d', (execution, code) => {
    expect(exitCodeOfRun(execution)).toBe(code);
  });
});
