import { describe, expect, it } from 'vitest';
import { baseline } from '../../contract/catalog/baseline.ts';
import { evidence } from '../../contract/catalog/evidence.ts';
import { commandGate, httpGate, logGate } from '../../contract/catalog/gates.ts';
import { queryNames } from '../../contract/messages.ts';
import { findCanaries, readHistory } from '../end-to-end/canary.ts';
import type { ChangeHandle, Start } from './harness.ts';
import { endByWord, openIncident, untilTriaged } from './incident-runs.ts';
import { canaries, LeakingWorld, ownCanaries } from './leaking-world.ts';
import { decide, deployOf, drillOf, restartOf, rollbackOf, rotationOf, statusOf } from './runs.ts';
import { openHarness } from './stage.ts';
import {
  clusterTarget,
  compatible,
  commits,
  drillPolicy,
  logEntry,
  migration,
  noApprovals,
  targetEntry,
} from './world.ts';

const harness = openHarness();
const healthy = httpGate.parse({
  ...{ name: 'health', path: '/healthz', headers: { 'x-api-key': { secret: 'api-key' } } },
});
const judging = httpGate.parse({ ...healthy, json: { '/says': 'nothing' } });
const settings = {
  approvals: noApprovals,
  smoke: [healthy],
  bake: { seconds: 0, minRequests: 0, logsArriveWithinSeconds: 1 },
};
const tests = commandGate.parse({ name: 'tests', kind: 'command', command: ['npm', 'test'] });
const errors = logGate.parse({ name: 'errors', kind: 'log', filter: 'severity>=ERROR' });
const bakes = { logs: [errors] };

type Runs = (start: Start, world: LeakingWorld) => Promise<ChangeHandle[]>;

/** Waits for the end of a run, and aborts what waits for a person. */
async function endOf(run: ChangeHandle): Promise<ChangeHandle> {
  let isOpen = true;
  const ended = run.result().then(
    () => (isOpen = false),
    () => (isOpen = false),
  );
  while (isOpen) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))]);
    const status = isOpen ? await statusOf(run).catch(() => null) : null;
    if (status?.phase === 'parked') await decide(run, 'abort', { note: 'enough' }).catch(() => undefined);
  }
  return run;
}

const starting =
  (type: string, inputOf: (world: LeakingWorld) => object): Runs =>
  async (start, world) => [await endOf(await start(type, inputOf(world)))];

const cases: [what: string, more: object, prepare: (world: LeakingWorld) => void, runs: Runs][] = [
  [
    'a deploy whose service, log, migration, gates and platform say them',
    { ...settings, ...bakes, migration: { ...migration, fallback: { command: ['old'], signature: ['no such'] } } },
    (world) => {
      world.migrations.set(commits.good, [compatible]);
      world.logEntries = [logEntry(world.saying())];
    },
    starting('deploy', deployOf),
  ],
  [
    'a migration that fails with them in its log',
    { ...settings, migration },
    (world) => {
      world.migrations.set(commits.good, [compatible]);
      world.failNextMigration(world.saying());
    },
    starting('deploy', deployOf),
  ],
  [
    'a smoke that compares what the service answers',
    { ...settings, smoke: [judging] },
    () => undefined,
    starting('deploy', deployOf),
  ],
  [
    'a program of a commit that prints them',
    { ...settings, verification: [tests] },
    (world) => world.broken.add('programs.runConfined'),
    starting('deploy', deployOf),
  ],
  [
    'a build that fails with them in its last lines',
    settings,
    (world) => world.broken.add('builds.run'),
    starting('deploy', deployOf),
  ],
  [
    'git, which says them in its errors',
    settings,
    (world) => world.broken.add('sources.commit'),
    starting('deploy', deployOf),
  ],
  [
    'a stage that fails with them, and its restore',
    settings,
    (world) => world.broken.add('targets.cloudRun.stage'),
    starting('deploy', deployOf),
  ],
  [
    'receivers of notifications that answer with them',
    settings,
    (world) => ['slack', 'webhook'].forEach((kind) => world.broken.add(`messengers.${kind}.tell`)),
    starting('deploy', deployOf),
  ],
  [
    'a rollback and a restart',
    settings,
    () => undefined,
    async (start, world) => [
      await endOf(await start('deploy', deployOf(world))),
      await endOf(await start('rollback', rollbackOf(world))),
      await endOf(await start('restart', restartOf(world))),
    ],
  ],
  [
    'a rotation, in which new and old versions are said',
    { ...settings, smoke: [judging] },
    () => undefined,
    starting('rotateSecrets', rotationOf),
  ],
  [
    'evidence',
    {
      ...settings,
      target: { ...targetEntry('service'), evidenceJob: 'service-evidence' },
      evidence: evidence.parse({
        programs: [{ name: 'health', command: ['health'], json: { '/status': 'ready' } }],
        gates: [{ name: 'healthz', path: '/healthz', present: ['/says'] }],
      }),
    },
    (world) => world.programOutputs.push([{ stream: 'stdout', text: world.saying() }]),
    starting('deploy', deployOf),
  ],
  [
    'an incident that looks everywhere',
    settings,
    (world) => (world.logEntries = Array.from({ length: 12 }, () => logEntry(world.saying()))),
    async (start, world) => {
      const run = await openIncident(start, world, { severity: 'SEV-2' });
      await untilTriaged(run);
      await endByWord(run);
      return [run as unknown as ChangeHandle];
    },
  ],
  [
    'a check of drift',
    settings,
    () => undefined,
    starting('checkDrift', ({ service }) => ({ service, environment: 'staging' })),
  ],
  [
    'daily checks',
    settings,
    () => undefined,
    starting('dailyChecks', ({ service }) => ({ service, environment: 'staging' })),
  ],
  [
    'a drill in a cluster',
    { ...settings, target: clusterTarget, drill: drillPolicy },
    () => undefined,
    starting('drill', drillOf),
  ],
  [
    'a deploy to a cluster whose events say them',
    { ...settings, target: clusterTarget },
    (world) => world.broken.add('targets.kubernetes.shift'),
    starting('deploy', deployOf),
  ],
  [
    'a baseline',
    settings,
    (world) => {
      world.baseline = baseline.parse({
        postgres: {
          ...{ address: 'localhost:5432', user: 'app', databases: ['shop'] },
          password: { variable: 'SLIPWAY_SECRET_SIGNATURE' },
        },
        commands: [{ name: 'test', command: ['true'] }],
      });
    },
    starting('baseline', ({ service }) => ({ service })),
  ],
];

describe('secrets that everybody repeats', () => {
  it.each(cases)(
    'are nowhere in what is kept and sent: %s',
    async (what, more, prepare, runs) => {
      const world = new LeakingWorld(more, what === 'a baseline' ? ownCanaries : undefined);
      prepare(world);
      await harness.with(world, async (start) => {
        const handles = await runs(start, world);
        const texts = new Map<string, string>([
          ['ledger', JSON.stringify([...world.texts.texts])],
          ['evidence', JSON.stringify([...world.kept])],
          ['notifications', JSON.stringify(world.people.told)],
          ['tickets', JSON.stringify(world.attached)],
        ]);
        for (const run of [...handles, harness.environment(world)])
          for (const [name, text] of await textsOf(run as ChangeHandle)) texts.set(name, text);
        expect(findCanaries(canaries, texts)).toEqual([]);
        expect([...texts.values()].join('\n')).toContain('[secret]');
      });
    },
    60_000,
  );
});

/** Reads what the server has of a run, and what the run answers. */
async function textsOf(run: ChangeHandle): Promise<Map<string, string>> {
  const history = await readHistory(run).catch(() => new Map<string, string>());
  const queries = [queryNames.status, queryNames.timeline, queryNames.plan, '__temporal_workflow_metadata'];
  const answers = await Promise.all(
    queries.map(async (query) => {
      const answer: unknown = await run.query(query).catch(() => null);
      return [`${query} of ${run.workflowId}`, JSON.stringify(answer)] as const;
    }),
  );
  return new Map([...history, ...answers]);
}
