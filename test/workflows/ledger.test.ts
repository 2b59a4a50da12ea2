import { describe, expect, it } from 'vitest';
import { chained } from '../../activities/ledger-chain.ts';
import { changeEntries, type LedgerEntry } from '../../contract/ledger.ts';
import { decide, deployOf, release, rollbackOf, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, developer, digestOfCommit, noApprovals, World } from './world.ts';

// An environment begins anew after two changes or three, instead of after thousands.
const harness = openHarness({ server: ['limit.historyCount.suggestContinueAsNew=60'] });
const patient = { timeout: 10_000 };

/** Entries that follow one another; the first alone is verified. */
function longLedger(length: number): LedgerEntry[] {
  const served = { revision: 'service-old', digest: digestOfCommit(commits.bad), commit: commits.bad };
  const entries: LedgerEntry[] = [];
  for (let number = 1; number <= length; number += 1) {
    entries.push(
      chained({
        kind: 'deploy',
        outcome: number === 1 ? 'released' : 'nothing was changed',
        commit: commits.bad,
        digest: digestOfCommit(commits.bad),
        revision: number === 1 ? 'service-old' : null,
        plan: '',
        by: developer,
        reason: '',
        migrations: [],
        schema: null,
        verified: number === 1,
        serves: number === 1 ? served : 'unchanged',
        before: null,
        irreversible: false,
        hold: null,
        approvals: [],
        change: `change-${number}`,
        at: new Date(number * 1000).toISOString(),
        number,
        previous: entries.at(-1)?.hash ?? '',
      }),
    );
  }
  return entries;
}

/** The types of the activities that an environment has under way. */
async function pendingActivities(world: World): Promise<string[]> {
  const { raw } = await harness.environment(world).describe();
  return (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name ?? '');
}

describe('the ledger of an environment', () => {
  it('keeps the last fifty entries inline, and what a rollback can go to however old it is', async () => {
    const world = new World({ approvals: noApprovals });
    world.ledger = longLedger(60);
    await harness.with(world, async (start) => {
      await release(start, world);
      await expect.poll(async () => (await harness.environmentStatus(world)).ledger.length).toBe(51);
      const { ledger, number, lastKnownGood } = await harness.environmentStatus(world);
      const names = changeEntries(ledger).map(({ change }) => change);
      expect([names[0], names[1], ledger.at(-1)?.number]).toEqual(['change-1', 'change-12', 62]);
      expect(number).toBe(62);
      expect(lastKnownGood?.number).toBe(62);
      const back = await start('rollback', rollbackOf(world, { to: 'change-1', dryRun: true }));
      expect((await back.result()).outcome).toContain('service-old');
    });
  });

  it('goes on whole through continue-as-new and a successor: one chain', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      for (const _round of [1, 2, 3, 4]) await release(start, world);
      const description = await harness.environment(world).describe();
      expect(description.raw.workflowExecutionInfo?.firstRunId).not.toBe(description.runId);
      await harness.environment(world).terminate('by a test');
      await release(start, world);
      // Its hash and the one before come with the writing, in the background.
      const isWritten = ({ hash }: LedgerEntry) => hash !== '';
      const { ledger } = await harness.untilEnvironment(
        world,
        (status) => status.ledger.length === 5 && status.ledger.every(isWritten),
      );
      expect(ledger.map(({ number }) => number)).toEqual([1, 2, 3, 4, 6]);
      expect(ledger.map(({ previous }) => previous)).toEqual(['', ...ledger.slice(0, -1).map(({ hash }) => hash)]);
    });
  });

  it('and the holder are kept where the catalog cannot be read at a continue-as-new', async () => {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      world.failNext('stage', 'Unknown', 'nobody knows');
      const run = await start('deploy', deployOf(world));
      const { change } = await untilParked(run);
      const before = (await harness.environment(world).describe()).runId;
      world.catalogIsBroken = true;
      for (let count = 0; count < 40 && (await harness.environment(world).describe()).runId === before; count += 1)
        await expect(harness.environment(world).executeUpdate('join')).rejects.toThrow();
      await expect.poll(async () => (await harness.environment(world).describe()).runId, patient).not.toBe(before);
      await expect
        .poll(async () => (await harness.environmentStatus(world)).waitingFor?.what ?? '', patient)
        .toContain('the catalog');
      expect(await harness.environmentStatus(world)).toMatchObject({ isOpen: true, holder: { change, number: 1 } });
      await decide(run, 'retry');
      expect((await run.result()).outcome).toContain('released');
      world.catalogIsBroken = false;
      await release(start, world);
      const stored = () => world.ledger.map(({ kind, number }) => `${kind} ${number}`);
      await expect.poll(stored, patient).toEqual(['deploy 1', 'deploy 2']);
    });
  }, 20_000);

  it('goes on with the next freeze window, which was being looked up at a continue-as-new', async () => {
    const soon = new Date(Date.now() + 6_000).toISOString();
    const tomorrow = [86_400_000, 90_000_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const [since = '', until = ''] = tomorrow;
    const world = new World({
      approvals: noApprovals,
      freezes: [
        { name: 'stocktaking', reason: 'goods are counted', since: '2026-01-01T00:00:00Z', until: soon },
        { name: 'move', reason: 'the data centre moves', since, until },
      ],
    });
    await harness.with(world, async (start) => {
      const { service } = world;
      await start('environment', { service, environment: 'staging' }, harness.environment(world).workflowId);
      await harness.untilEnvironment(world, ({ freeze }) => freeze?.reason.includes('goods are counted') === true);
      world.catalogIsBroken = true;
      await expect.poll(() => pendingActivities(world), patient).toContain('nextFreeze');
      const before = (await harness.environment(world).describe()).runId;
      for (let count = 0; count < 60 && (await harness.environment(world).describe()).runId === before; count += 1)
        await expect(harness.environment(world).executeUpdate('join')).rejects.toThrow();
      await expect.poll(async () => (await harness.environment(world).describe()).runId, patient).not.toBe(before);
      world.catalogIsBroken = false;
      await harness.untilEnvironment(world, ({ nextFreeze }) => nextFreeze?.name === 'move');
    });
  }, 60_000);

  it.each<[string, (ledger: LedgerEntry[]) => LedgerEntry[], string]>([
    [
      'was altered',
      (ledger) => ledger.map((entry, index) => (index === 1 ? { ...entry, verified: true } : entry)),
      'entry 2 (deploy change-2',
    ],
    ['has an entry too few', (ledger) => ledger.filter((_entry, index) => index !== 1), 'entry 2 (deploy change-3'],
  ])('that %s is noticed at the take-over, and is said in the ledger, once', async (_name, spoilt, said) => {
    const world = new World({ approvals: noApprovals });
    world.ledger = spoilt(longLedger(3));
    await harness.with(world, async (start) => {
      await release(start, world);
      const noted = () => world.ledger.filter(({ outcome }) => outcome.includes('is damaged'));
      expect(noted()).toEqual([expect.objectContaining({ kind: 'unclean', outcome: expect.stringContaining(said) })]);
      await harness.environment(world).terminate('by a test');
      await release(start, world);
      expect(noted()).toHaveLength(1);
    });
  });
});
