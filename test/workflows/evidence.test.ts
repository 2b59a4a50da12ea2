import { describe, expect, it } from 'vitest';
import { finalFailure } from '../../activities/failure.ts';
import { evidence } from '../../contract/catalog/evidence.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { evidenceManifest } from '../../contract/evidence.ts';
import { expectFailure } from '../expect-failure.ts';
import { until } from './harness.ts';
import { decide, deployOf, release, rollBack, statusOf, timelineOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, owner, targetEntry, unseenBake, World } from './world.ts';

const harness = openHarness();

const ready = [{ stream: 'stdout' as const, text: '{"status":"ready"}' }];
const broken = [{ stream: 'stdout' as const, text: '{"status":"broken"}' }];
const json = { '/status': 'ready' };

function openWorld(more: object = {}): World {
  return new World({
    approvals: noApprovals,
    migration: undefined,
    target: { ...targetEntry('service'), evidenceJob: 'service-evidence' },
    evidence: evidence.parse({
      programs: [
        { name: 'supervisor', command: ['supervisor-info'], json },
        { name: 'health', command: ['health'], json, variables: { ASKS: '{url}' } },
      ],
      gates: [{ name: 'healthz', path: '/healthz', present: ['/id'] }],
      ...more,
    }),
  });
}

/** Lets the store keep two texts, and refuse all others until the outage is over. */
function failFromThird(world: World, why: string): () => void {
  const set = world.kept.set.bind(world.kept);
  let isOver = false;
  world.kept.set = (hash, text) => {
    if (!isOver && world.kept.size >= 2 && !world.kept.has(hash)) throw finalFailure('Denied', why);
    return set(hash, text);
  };
  return () => {
    isOver = true;
  };
}

const programs = ['syncEvidence', 'runProgram', 'syncEvidence', 'runProgram'];

/** What is checked and kept before users get a release (runbook 002, section 6). */
describe('a deploy to an environment with evidence', () => {
  it('runs the programs in its image before the shift, and records the manifest in the ledger', async () => {
    const world = openWorld();
    world.programOutputs.push(ready, ready);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { evidence: hashes = [], change } = await run.result();
      expect(world.methods()).toEqual(['stamp', 'stage', ...programs, 'shift']);
      const markers = world.writes.filter(({ method }) => method === 'runProgram').map(({ marker }) => marker);
      expect(markers).toMatchObject([
        { step: 'evidence-1', attempt: 1 },
        { step: 'evidence-2', attempt: 1 },
      ]);
      expect(world.programVariables).toEqual({ ASKS: world.url });
      expect(hashes).toHaveLength(1);
      const manifest = evidenceManifest.parse(JSON.parse(world.kept.get(hashes[0] ?? '') ?? ''));
      expect(manifest).toMatchObject({ change, commit: commits.good, verdict: 'pass' });
      expect(manifest.checks.map(({ name }) => name)).toEqual(['supervisor', 'health', 'healthz', 'stderr']);
      await expect.poll(() => world.ledger.at(-1)).toMatchObject({ change, evidence: hashes });
      const { steps } = await run.query<Plan>(queryNames.plan);
      expect(steps).toContain('evidence');
      const shown = (await statusOf(run)).steps.find(({ name }) => name === 'evidence');
      expect(shown?.gates?.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
    });
  });

  it('never reaches users when an assertion does not hold: it is on hold, and its evidence is kept', async () => {
    const world = openWorld();
    world.programOutputs.push(ready, broken);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await expectFailure(run, 'RolledBack', 'health: its output has "broken" at /status, expected "ready"');
      expect(world.methods()).toEqual(['stamp', 'stage', ...programs, 'restore']);
      const { holds, ledger } = await harness.environmentStatus(world);
      expect(holds).toMatchObject([{ commit: commits.good }]);
      const [hash = ''] = (ledger.at(-1) as { evidence?: string[] }).evidence ?? [];
      expect(evidenceManifest.parse(JSON.parse(world.kept.get(hash) ?? ''))).toMatchObject({ verdict: 'fail' });
      expect((await timelineOf(run)).join('\n')).toContain(`evidence: kept as ${hash.slice(0, 12)}`);
    });
  });

  it('waits while the evidence cannot be kept, says so, and gathers nothing twice', async () => {
    const world = openWorld();
    world.standstillMs = 300;
    world.entry.settings.smoke = [];
    world.programOutputs.push(ready, ready);
    // The programs keep one text each; what follows is the answer of the candidate.
    const end = failFromThird(world, 'the bucket is denied');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('the bucket is denied') === true);
      end();
      expect((await run.result()).evidence).toHaveLength(1);
      expect(world.methods().filter((method) => method === 'runProgram')).toHaveLength(2);
      expect(world.asked.filter((line) => line === 'GET /healthz')).toHaveLength(1);
    });
  }, 40_000);

  it('that waits for the store of evidence gives way to a rollback', async () => {
    const world = openWorld();
    world.standstillMs = 300;
    await harness.with(world, async (start) => {
      world.programOutputs.push(ready, ready);
      await release(start, world);
      world.programOutputs.push(ready, ready);
      world.away.add('keep');
      const run = await start('deploy', deployOf(world, { commit: commits.bad }));
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('keep has no answer') === true);
      await rollBack(start, world);
      await expectFailure(run, 'Preempted');
    });
  }, 40_000);

  it('attaches the evidence to the tickets of the catalog when it has ended, released or not', async () => {
    const tickets = [{ kind: 'githubIssue', repository: 'example/service' }];
    for (const [output, verified] of [
      [ready, true],
      [broken, false],
    ] as const) {
      const world = openWorld({ tickets });
      world.programOutputs.push(ready, output);
      await harness.with(world, async (start) => {
        const run = await start('deploy', deployOf(world, { ticket: 12 }));
        await run.result().catch(() => undefined);
        const { change, outcome } = await statusOf(run);
        expect(world.attached).toMatchObject([
          { number: 12, verified, manifest: { change }, notes: expect.stringContaining('## Evidence') },
        ]);
        if (verified) expect(outcome).toContain('released');
        expect(await timelineOf(run)).toContain('evidence: attached to a ticket');
      });
    }
  });

  it('tells the tickets which gate was skipped, and by whom', async () => {
    const world = openWorld({ tickets: [{ kind: 'githubIssue', repository: 'example/service' }] });
    const { settings } = world.entry;
    world.entry = { ...world.entry, settings: { ...settings, bake: unseenBake } };
    world.programOutputs.push(ready, ready);
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world, { ticket: 12 }));
      await untilParked(run, 'bake');
      await decide(run, 'skip', { note: 'watched by hand' });
      await run.result();
      expect(world.attached).toMatchObject([
        { verified: true, outcome: `released, bake skipped by ${owner}: watched by hand` },
      ]);
    });
  });

  it('is released although a ticket takes nothing, and says so', async () => {
    const world = openWorld({ tickets: [{ kind: 'webhook', url: 'https://tickets.example/hook' }] });
    world.programOutputs.push(ready, ready);
    world.failNext('attach', 'Denied', 'the token may not write');
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      expect((await run.result()).outcome).toContain('released');
      expect((await timelineOf(run)).join('\n')).toContain('not attached (webhook): the token may not write');
    });
  });

  it('has none where the catalog has none', async () => {
    const world = new World({ approvals: noApprovals, migration: undefined });
    await harness.with(world, async (start) => {
      expect(await release(start, world)).not.toHaveProperty('evidence');
      await expect.poll(() => world.ledger).toHaveLength(1);
      expect(world.ledger[0]).not.toHaveProperty('evidence');
    });
  });
});
