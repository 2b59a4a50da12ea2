import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createPlanningActivities, type PlanRequest, type PlanResult } from '../../activities/planning.ts';
import { jsonPointer } from '../../contract/catalog/fields.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { ChangeKind } from '../../contract/plan.ts';
import { artifactOf, clusterTarget, commits, World } from '../workflows/world.ts';

const log = { name: 'errors', filter: 'severity>=(', freshnessMinutes: 10, limit: 20 };
const metric = { name: 'rate', query: 'rate({service}[{window}', windowSeconds: 300, below: 1 };
const enough = { query: 'sum({revision}', min: 1 };
const wrong = {
  logs: [log],
  bake: { seconds: 1, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1, metrics: [{ ...metric, enough }] },
  verification: [
    { ...log, kind: 'log' as const, name: 'panics' },
    { ...metric, kind: 'metric' as const, name: 'latency' },
  ],
};

function worldWith(changes: object = wrong): World {
  const world = new World(changes);
  const { service, incidents } = { service: world.entry.service, incidents: world.entry.settings.incidents };
  Object.assign(world.entry.settings, { incidents: { ...incidents, errorRate: 'sum({service}' } });
  world.isMonitored = true;
  const workload =
    (world.entry.settings.target as { service?: string; workload?: { name: string } }).service ?? service;
  for (const text of [log.filter, `rate(${workload}[300s`, 'sum(service-1', `sum(${service}`])
    world.refusedQuestions.set(text, `it says ${text} is wrong`);
  return world;
}

async function planOf(
  world: World,
  kind: ChangeKind,
  more: Partial<PlanRequest> = { first: true },
): Promise<PlanResult> {
  const environments = { statusOf: async () => ({ ledger: [], isOpen: true }) as unknown as EnvironmentStatus };
  const connection = {
    ...{ address: '', namespace: '', ui: undefined },
    knownSearchAttributes: async () => [],
    installation: async () => '',
  };
  const { plan } = createPlanningActivities(world.ports(connection, environments as never));
  const request = { entry: world.entry, kind, change: 'c1', artifact: artifactOf(commits.good), steps: [], ...more };
  return new MockActivityEnvironment().run<[PlanRequest], PlanResult, typeof plan>(plan, request);
}

const places = [
  'logs.errors.filter',
  'verification.panics.filter',
  'bake.metrics.rate.query',
  'bake.metrics.rate.enough.query',
  'verification.latency.query',
  'incidents.errorRate',
];

describe('a JSON pointer', () => {
  it.each(['/status', '/a~1b/c~0d', '/'])('may be %s', (pointer) => {
    expect(jsonPointer.safeParse(pointer).success).toBe(true);
  });

  it.each(['/a~b', '/a~2', 'status'])('is a problem of the catalog: %s', (pointer) => {
    expect(jsonPointer.safeParse(pointer).success).toBe(false);
  });
});

describe('what the catalog will have its sources asked', () => {
  it.each(['deploy', 'promote', 'migrate', 'rotateSecrets'] as const)(
    'is tried for the plan of a %s, and all that is wrong is said at once',
    async (kind) => {
      const failure = await planOf(worldWith(), kind).catch((error: unknown) => error);
      expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
      const [problems] = (failure as { details: [{ path: string; message: string }[]] }).details;
      expect(problems.map(({ path }) => path)).toEqual(places);
      expect(problems[0]?.message).toBe(`it says ${log.filter} is wrong`);
    },
  );

  it('is tried for a workload of a cluster, too', async () => {
    const failure = planOf(worldWith({ ...wrong, target: clusterTarget }), 'deploy');
    await expect(failure).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/logs\.errors\.filter.*verification\.panics\.filter.*incidents\.errorRate/),
    });
  });

  it.each(['rollback', 'restart'] as const)('stops no %s: its plan says what it goes on without', async (kind) => {
    const { plan } = await planOf(worldWith(), kind);
    expect(plan.refusedQuestions?.map((line) => line.split(': ')[0])).toEqual(places);
    const right = worldWith();
    right.refusedQuestions.clear();
    const other = await planOf(right, kind);
    expect(other.plan).not.toHaveProperty('refusedQuestions');
  });

  it('is tried once: neither while people think nor on entry', async () => {
    await expect(planOf(worldWith(), 'deploy', {})).resolves.toBeDefined();
    await expect(planOf(worldWith(), 'deploy', { entering: true })).resolves.toBeDefined();
  });

  it('is not known to be wrong where no source answers', async () => {
    const world = worldWith();
    const ports = world.ports.bind(world);
    world.ports = (...given) => {
      const all = ports(...given);
      const refusalOf = () => Promise.reject(new Error('no answer'));
      return { ...all, logs: { ...all.logs, refusalOf }, metrics: { ...all.metrics, refusalOf } };
    };
    await expect(planOf(world, 'deploy')).resolves.toBeDefined();
  });

  describe('while users wait', () => {
    /** A world whose sources answer a question by this. */
    function worldAnswering(refusalOf: (signal: AbortSignal | undefined) => Promise<string | null>): World {
      const world = worldWith();
      const ports = world.ports.bind(world);
      world.ports = (...given) => {
        const all = ports(...given);
        return {
          ...all,
          logs: { ...all.logs, refusalOf: (_target, _filter, signal) => refusalOf(signal) },
          metrics: { ...all.metrics, refusalOf: (_address, _promql, _at, signal) => refusalOf(signal) },
        };
      };
      return world;
    }

    it.each(['rollback', 'restart'] as const)('has a %s wait two seconds at most, and is given up', async (kind) => {
      const signals: (AbortSignal | undefined)[] = [];
      const world = worldAnswering((signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      });
      const begun = performance.now();
      await planOf(world, kind);
      expect(performance.now() - begun).toBeLessThan(8_000);
      expect(signals.map((signal) => signal?.aborted)).toEqual(places.map(() => true));
    });

    it('is tried beside the other reads of a rollback', async () => {
      const { promise: isRead, resolve } = Promise.withResolvers<void>();
      const world = worldAnswering(() => isRead.then(() => 'it is wrong'));
      const ports = world.ports.bind(world);
      world.ports = (...given) => {
        const all = ports(...given);
        const between: typeof all.sources.between = (...asked) => {
          resolve();
          return all.sources.between(...asked);
        };
        return { ...all, sources: { ...all.sources, between } };
      };
      const { plan } = await planOf(world, 'rollback');
      expect(plan.refusedQuestions).toHaveLength(places.length);
    });
  });

  it('is wrong where no Prometheus is known, unless the gate may be left out', async () => {
    const world = worldWith({
      bake: { ...wrong.bake, metrics: [metric, { ...metric, name: 'b', onlyWhereMonitored: true }] },
    });
    world.isMonitored = false;
    const message = 'bake.metrics.rate: no Prometheus is configured';
    await expect(planOf(world, 'deploy')).rejects.toMatchObject({ message: expect.stringContaining(message) });
    Object.assign(world.entry.settings.bake, {
      metrics: [{ ...metric, onlyWhereMonitored: true }] satisfies CatalogEntry['settings']['bake']['metrics'],
    });
    await expect(planOf(world, 'deploy')).resolves.toBeDefined();
  });
});
