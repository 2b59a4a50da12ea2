import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeEntries, type LedgerEntry } from '../../contract/ledger.ts';
import type { ChangeHandle, Start } from './harness.ts';
import { deployOf, release, rollBack, rollbackOf, untilInStep } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, World } from './world.ts';

/** With `SLIPWAY_LONG=1` the store is away for ten minutes in every phase and way, else a second in one way each. */
const isLong = process.env['SLIPWAY_LONG'] !== undefined;
const awayMs = isLong ? 600_000 : 1_000;
const patient = { timeout: 90_000, interval: 500 };
const harness = openHarness();

/** Where a run is when the store goes away: inside this call of the platform. */
type Phase = [phase: string, flow: 'deploy' | 'rollback', held: string, step: string];
const phases: Phase[] = [
  ['a deploy plans', 'deploy', 'snapshot', 'plan'],
  ['a deploy stamps its fence', 'deploy', 'stamp', 'fence'],
  ['a deploy stages', 'deploy', 'stage', 'stage'],
  ['a deploy migrates', 'deploy', 'runMigration', 'migrate'],
  ['a deploy tries its candidate', 'deploy', 'GET /healthz', 'smoke-candidate'],
  ['a deploy shifts', 'deploy', 'shift', 'shift'],
  ['a deploy bakes', 'deploy', 'logs', 'bake'],
  ['a deploy reads back', 'deploy', 'readBack', 'read-back'],
  ['a deploy leaves', 'deploy', 'leave', 'ledger'],
  ['a rollback finds its goal', 'rollback', 'isStored', 'preflight'],
  ['a rollback plans', 'rollback', 'snapshot', 'plan'],
  ['a rollback restores', 'rollback', 'restore', 'restore'],
  ['a rollback reads back', 'rollback', 'readBack', 'read-back'],
  ['a rollback leaves', 'rollback', 'leave', 'ledger'],
];

/** What every call of the store meets while it is away; it never ends where it hangs. */
const ways: [way: string, meet: () => Promise<never>][] = [
  ['is full', () => Promise.reject(new Error('ENOSPC: no space left on device'))],
  ['is denied', () => Promise.reject(new Error('storage.objects.create access to gs://audit is denied'))],
  ['hangs', () => new Promise(() => undefined)],
];

/** Takes the store away, whatever is asked of it; answers what brings it back. */
function takeAway({ texts }: World, meet: () => Promise<never>): () => void {
  const { create, read, list } = texts;
  Object.assign(texts, { create: meet, read: meet, list: meet });
  return () => void Object.assign(texts, { create, read, list });
}

/** Begins a run over a state that can be gone back to; answers it in its phase, with what lets it go on. */
async function hold(start: Start, world: World, [, flow, held, step]: Phase): Promise<[ChangeHandle, () => void]> {
  await release(start, world);
  if (flow === 'rollback') await release(start, world, { commit: commits.bad });
  await expect.poll(() => world.ledger.length, patient).toBe(flow === 'rollback' ? 2 : 1);
  const goOn = world.holdNext(held);
  const run =
    flow === 'rollback'
      ? await start('rollback', rollbackOf(world))
      : await start('deploy', deployOf(world, { commit: commits.bad }));
  await untilInStep(run, step);
  return [run, goOn];
}

/** Lifts what is on hold, releases and goes back: three entries, or two. */
async function changeOften(start: Start, world: World): Promise<void> {
  const { holds } = await harness.environmentStatus(world);
  if (holds.length > 0) await harness.tell(world, 'lift', { reason: 'it is mended' });
  await release(start, world, { commit: commits.bad });
  await rollBack(start, world, { to: commits.good });
}

/** Says which entry it is; its place in the chain comes with the writing. */
function nameOf({ kind, outcome, at }: LedgerEntry): string {
  return `${kind} at ${at}: ${outcome}`;
}

describe('the store of the ledger is away', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-store-away-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Plays one phase: all that begins ends while the store is away, and its entries come when it is back. */
  async function play(phase: Phase, meet: () => Promise<never>): Promise<void> {
    const world = new World({ approvals: noApprovals });
    await harness.with(world, async (start) => {
      const [run, goOn] = await hold(start, world, phase);
      const stored = world.ledger.length;
      const back = takeAway(world, meet);
      const since = Date.now();
      goOn();
      await run.result();
      // The next ones wait for nothing either, for as long as it lasts.
      do {
        await changeOften(start, world);
        await new Promise((resolve) => setTimeout(resolve, Math.min(60_000, since + awayMs - Date.now())));
      } while (Date.now() < since + awayMs);
      expect(world.ledger).toHaveLength(stored);
      const { ledger: known } = await harness.environmentStatus(world);
      expect(changeEntries(known).map(({ change }) => change)).toContain((await run.result()).change);
      back();
      await expect.poll(() => world.ledger.length, patient).toBe(known.length);
      expect(world.ledger.map(nameOf)).toEqual(known.map(nameOf));
      await keepAsFiles(world);
    });
  }

  /** Puts the stored texts where the command line reads them. */
  async function keepAsFiles({ texts }: World): Promise<void> {
    for (const [name, text] of texts.texts) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  if (isLong)
    it.each(ways)(
      'and %s for ten minutes in each phase: nothing waits for it, and nothing is lost',
      async (_way, meet) => {
        await Promise.all(phases.map((phase) => play(phase, meet)));
      },
      1_800_000,
    );
  else
    it.each(phases)(
      'while %s: nothing waits for it, and nothing is lost',
      async (...phase) => {
        const [, meet] = ways[phases.findIndex(([name]) => name === phase[0]) % ways.length]!;
        await play(phase, meet);
      },
      180_000,
    );

  it('and each chain is whole afterwards, as ./slipway ledger verify says', async () => {
    const main = path.join(import.meta.dirname, '..', '..', 'client', 'main.ts');
    const args = [main, 'ledger', 'verify', '--from', folder, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { ledgers } = JSON.parse(stdout) as { ledgers: { problems: string[] }[] };
    expect(ledgers).toHaveLength(isLong ? phases.length * ways.length : phases.length);
    expect(ledgers.flatMap(({ problems }) => problems)).toEqual([]);
  }, 60_000);
});
