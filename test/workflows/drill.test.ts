import { describe, expect, it } from 'vitest';
import type { ApprovableDrill, DrillResult } from '../../contract/drill.ts';
import { messageNames, queryNames } from '../../contract/messages.ts';
import { failureOf, until, type Start } from './harness.ts';
import { openHarness } from './stage.ts';
import {
  approve,
  cancel,
  drillOf,
  parkInStage,
  release,
  rollBack,
  rollbackOf,
  statusOf,
  timelineOf,
  untilAsked,
  untilInStep,
  untilParked,
  untilWaitingFor,
  decide,
} from './runs.ts';
import {
  clusterTarget,
  commits,
  deputy,
  developer,
  drillPolicy,
  liveState,
  noApprovals,
  owner,
  World,
} from './world.ts';

const harness = openHarness();

const settings = { approvals: noApprovals, target: clusterTarget, drill: drillPolicy };
const first = ['service-1-first', 'service-0-first'];

async function startDrill(start: Start, world: World, changes: object = {}) {
  return start('drill', drillOf(world, changes));
}

describe('a drill', () => {
  it('ends one pod, then each, then breaks connections, and reports what clients saw', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world);
      const result = (await run.result()) as unknown as DrillResult;
      const outcome = expect.stringContaining('every client came back');
      expect(result).toMatchObject({ revision: 'service-1', outcome });
      expect(result.parts.map(({ part, verdict, ended }) => [part, verdict, ended])).toEqual([
        ['deletePod', 'pass', ['service-1']],
        ['restart', 'pass', ['service-1', 'service-0']],
        ['breakConnections', 'pass', []],
      ]);
      const [, , broken] = result.parts;
      expect(broken?.during).toHaveLength(2);
      for (const client of broken?.during ?? []) {
        expect(client).toMatchObject({ losses: 1, isConnected: true, reconnectMs: expect.any(Number) });
        expect(client.requests).toBeGreaterThan(0);
      }
      for (const { before } of result.parts)
        for (const client of before) expect(client).toMatchObject({ errors: 0, losses: 0, isConnected: true });
      expect(world.ended).toEqual(['service-1-first', 'service-1-1', 'service-0-first']);
      expect(world.methods()).toEqual(['stamp', 'replace', 'replace', 'replace']);
      const { steps, drill, phase } = await statusOf(run);
      expect([phase, drill]).toEqual(['done', result.parts]);
      expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
        ...['plan passed', 'queue passed', 'recheck passed', 'fence passed'],
        ...['delete-pod passed', 'restart passed', 'break-connections passed'],
        ...['read-back passed', 'ledger passed'],
      ]);
    });
  });

  it('stands in the ledger, and the ledger still knows which revision serves', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { revision } = await release(start, world);
      await (await startDrill(start, world, { kind: ['restart'] })).result();
      const { ledger, runs, lastKnownGood, holder } = await harness.environmentStatus(world);
      const asked = { by: developer, reason: 'before the launch' };
      expect(ledger.at(-1)).toMatchObject({ kind: 'drill', serves: 'unchanged', ...asked });
      expect([runs?.revision, lastKnownGood?.revision, holder]).toEqual([revision, revision, null]);
      await expect((await start('checkDrift', { service: world.service })).result()).resolves.toMatchObject({
        outcome: 'no drift in 1 environment',
      });
      expect(await rollBack(start, world)).toMatchObject({ revision: 'service-1' });
    });
  });

  it('does only the part that it is asked for', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await (await startDrill(start, world, { kind: 'breakConnections' })).result();
      expect(world.methods()).toEqual(['stamp']);
      expect(world.ended).toEqual([]);
    });
  });

  it('waits for its turn as a change does, and a change waits for it', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const { run: deploy } = await parkInStage(start, world);
      const run = await startDrill(start, world, { kind: 'deletePod' });
      await untilWaitingFor(run, 'queue');
      expect(world.ended).toEqual([]);
      await decide(deploy, 'abort');
      const ready = world.holdNext('ready');
      await untilInStep(run, 'delete-pod');
      expect((await harness.environmentStatus(world)).holder).toMatchObject({ kind: 'drill' });
      ready();
      await run.result();
    });
  });
});

describe('a drill is refused, and nothing is touched,', () => {
  it.each<[string, ConstructorParameters<typeof World>[0], object, string]>([
    ['where the catalog does not allow it', { target: clusterTarget }, {}, 'its entry has no field drill'],
    ['with a part that there is not', settings, { kind: 'deleteNode' }, 'kind: must be all, or of deletePod'],
    ['with a field that it does not know', settings, { parts: ['restart'] }, 'parts: is not a field of this input'],
    ['by somebody without a role', settings, { requestedBy: 'nobody@example.com' }, 'may not start a drill'],
  ])('%s', async (_why, changes, input, message) => {
    const world = new World(changes);
    await harness.with(world, async (start) => {
      const failure = await failureOf(await startDrill(start, world, input));
      expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining(message) });
      expect(world.methods()).toEqual([]);
    });
  });

  it('on a platform without instances', async () => {
    const world = new World();
    world.entry = { ...world.entry, settings: { ...world.entry.settings, drill: drillPolicy } };
    await harness.with(world, async (start) => {
      const message = expect.stringContaining('no drill is possible on cloudRun');
      expect(await failureOf(await startDrill(start, world))).toMatchObject({ type: 'InvalidInput', message });
    });
  });

  it('when the clients get no answer before it', async () => {
    const world = new World(settings);
    world.switchIsBroken = true;
    await harness.with(world, async (start) => {
      const message = expect.stringContaining('nothing was disturbed: status 503');
      expect(await failureOf(await startDrill(start, world))).toMatchObject({ type: 'Aborted', message });
      expect(world.ended).toEqual([]);
    });
  });

  it('while a pod is being replaced', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      world.pendingWork = ['StatefulSet runtime is being rolled out'];
      const message = expect.stringContaining('is not at rest');
      expect(await failureOf(await startDrill(start, world))).toMatchObject({ type: 'Aborted', message });
      expect(world.methods()).toEqual([]);
    });
  });
});

describe('a drill that the catalog wants approved', () => {
  const approvals = [{ role: 'release-owner', count: 1 }];
  const approved = { ...settings, drill: { ...drillPolicy, approvals } };

  it('waits for somebody else, outside of the queue', async () => {
    const world = new World(approved);
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world, { requestedBy: owner, kind: 'deletePod' });
      const { waitingFor, plan } = await untilAsked(run);
      expect(waitingFor).toMatchObject({ who: [deputy], what: expect.stringContaining('approval of drill') });
      expect(plan).toMatch(/^[0-9a-f]{64}$/);
      expect(await run.query<ApprovableDrill>(queryNames.plan)).toMatchObject({
        ...{ kind: 'drill', service: world.service, environment: 'staging', hash: plan },
        ...{ parts: ['deletePod'], revision: 'service-1', approvals },
      });
      await expect(approve(run, owner)).rejects.toThrow();
      await approve(run, deputy);
      await run.result();
      expect(world.ended).toEqual(['service-1-first']);
    });
  });

  it('ends as Rejected when they say no', async () => {
    const world = new World(approved);
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world);
      await untilAsked(run);
      await run.executeUpdate(messageNames.reject, { args: [{ by: owner, note: 'not today' }] });
      expect(await failureOf(run)).toMatchObject({ type: 'Rejected' });
      expect(world.methods()).toEqual([]);
    });
  });

  it('ends when something else serves by the time it may begin', async () => {
    const world = new World(approved);
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world);
      await untilAsked(run);
      world.live = liveState('service-2', commits.bad);
      await approve(run);
      const message = expect.stringContaining('start it again');
      expect(await failureOf(run)).toMatchObject({ type: 'Aborted', message });
      expect(world.methods()).toEqual([]);
    });
  });
});

describe('a drill that is interrupted', () => {
  it('ends no pod twice when its worker is lost in the middle, and does not call that a pass', async () => {
    const world = new World(settings);
    world.failures.set('ready', [undefined, new Error('the worker is gone')]);
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world);
      const message = expect.stringContaining('inconclusive: restart: interrupted');
      expect(await failureOf(run)).toMatchObject({ type: 'Aborted', message });
      expect(world.ended).toEqual(['service-1-first', 'service-1-1', 'service-0-first']);
      expect((await statusOf(run)).drill?.map(({ verdict }) => verdict)).toEqual(['pass', 'inconclusive', 'pass']);
      const { ledger } = await harness.environmentStatus(world);
      expect(ledger.at(-1)).toMatchObject({ kind: 'drill', serves: 'unchanged' });
    });
  });

  it('measures all of it when its worker is lost before anything was ended', async () => {
    const world = new World(settings);
    world.failures.set('replace', [new Error('the API server does not answer')]);
    await harness.with(world, async (start) => {
      await (await startDrill(start, world, { kind: 'restart' })).result();
      expect(world.ended).toEqual(first);
    });
  });

  it('stops where clients do not come back, and says so', async () => {
    const world = new World(settings);
    world.onEnd = () => {
      world.switchIsBroken = true;
    };
    await harness.with(world, async (start) => {
      const run = await startDrill(start, world);
      const failure = await failureOf(run);
      expect(failure).toMatchObject({
        type: 'Aborted',
        message: expect.stringMatching(/deletePod failed: service-1 deleted.*0 of 2 clients connected/),
      });
      expect(world.ended).toEqual(['service-1-first']);
      const { steps, drill } = await statusOf(run);
      expect(drill).toMatchObject([{ part: 'deletePod', verdict: 'fail' }]);
      expect(steps.find(({ name }) => name === 'restart')).toMatchObject({ state: 'pending' });
      expect((await harness.environmentStatus(world)).holder).toBeNull();
    });
  });

  it('gives way to a rollback at once', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      await release(start, world);
      world.holdNext('ready');
      const run = await startDrill(start, world, { kind: 'restart' });
      await until(run, () => world.ended.length === 1);
      const rollback = await start('rollback', rollbackOf(world));
      expect(await failureOf(run)).toMatchObject({ type: 'Preempted' });
      expect(await rollback.result()).toMatchObject({ revision: 'service-1' });
      expect(world.ended).toEqual(['service-1-first']);
    });
  });

  it('ends when a freeze begins', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      world.holdNext('ready');
      const run = await startDrill(start, world);
      await until(run, () => world.ended.length === 1);
      await harness.tell(world, 'freeze', { reason: 'users suffer' });
      expect(await failureOf(run)).toMatchObject({ type: 'Frozen' });
      expect(world.ended).toEqual(['service-1-first']);
    });
  });

  it('frees the environment when it is cancelled', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      world.holdNext('ready');
      const run = await startDrill(start, world);
      await until(run, () => world.ended.length === 1);
      await cancel(run);
      const { ledger } = await harness.untilEnvironment(world, ({ holder }) => holder === null);
      expect(ledger.at(-1)).toMatchObject({ kind: 'drill', serves: 'unchanged' });
    });
  });

  it('parks where nobody knows what became of it, until an operator gives it up', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      world.failNext('ready', 'Unknown', 'nobody knows');
      const run = await startDrill(start, world, { kind: 'deletePod' });
      const { waitingFor } = await untilParked(run, 'delete-pod');
      expect(waitingFor?.what).toContain('nobody knows');
      await decide(run, 'abort');
      expect(await failureOf(run)).toMatchObject({ type: 'Aborted' });
      expect(world.ended).toEqual(['service-1-first']);
      expect((await timelineOf(run)).some((line) => line.includes('given up'))).toBe(true);
    });
  });
});
