import { ApplicationFailure } from '@temporalio/common';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunJobRequest, Target } from '../../activities/ports/target.ts';
import { temporaryFolders } from '../emulator/folders.ts';
import { Change, jobNameOf, ownEntry, startWorld, type World } from './google-world.ts';

/** Every world, and a report in .slipway/reports: some four minutes, with SLIPWAY_LONG=1. */
const long = process.env['SLIPWAY_LONG'] !== undefined;

interface PossibleWorld {
  runMovesEtag: boolean;
  runChecksEtag: boolean;
  startToken: 'kept' | 'dropped' | 'ignored' | 'refused';
}
const flags = [true, false];
const tokens = ['kept', 'dropped', 'ignored', 'refused'] as const;
const allWorlds = tokens.flatMap((startToken) =>
  flags.flatMap((runMovesEtag) => flags.map((runChecksEtag) => ({ startToken, runMovesEtag, runChecksEtag }))),
);
const worlds: PossibleWorld[] = long
  ? allWorlds
  : [
      { startToken: 'dropped', runMovesEtag: false, runChecksEtag: true },
      { startToken: 'ignored', runMovesEtag: false, runChecksEtag: false },
      { startToken: 'refused', runMovesEtag: true, runChecksEtag: true },
    ];

const lateMs = 1_200;
/** How an execution comes to be seen. */
const views = {
  'at once': { executionLagMs: 0, jobLagMs: 0, listLagMs: 0 },
  late: { executionLagMs: lateMs, jobLagMs: lateMs, listLagMs: lateMs },
  'in the list only': { executionLagMs: 0, jobLagMs: 60_000, listLagMs: 0 },
} as const;

const faults = ['none', 'lost', 'late', 'refused', 'by hand before', 'by hand meanwhile'] as const;
type Fault = (typeof faults)[number];
const kills = [false, true];

interface Executions {
  /** Those that carry our marks, and are no copies. */
  own: number;
  byHand: number;
}

const folders = temporaryFolders();
const callTimeoutMs = 700;
let world: World;

beforeAll(async () => {
  world = await startWorld(folders.create('exactly-once'), { callTimeoutMs });
});
afterAll(() => world.stop());

/** What came of the cells of a world and a fault, over all views, killed or not. */
const outcomes = new Map<string, Set<string>>();
afterAll(async () => {
  if (!long) return;
  const folder = path.join(import.meta.dirname, '..', '..', '.slipway', 'reports');
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rows = worlds.map((possible) =>
    line([wordsOf(possible), ...faults.map((fault) => [...(outcomes.get(keyOf(possible, fault)) ?? [])].join(', '))]),
  );
  const head = line(['world', ...faults]) + line(['---', ...faults.map(() => '---')]);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'exactly-once.md'), head + rows.join(''));
});

describe.each(worlds.map((possible) => ({ possible, words: wordsOf(possible) })))(
  'the command of a migration in the world: $words',
  ({ possible }) => {
    it.each(Object.keys(views) as (keyof typeof views)[])(
      'runs at most once, or the run says that it was more (an execution is seen: %s)',
      async (view) => {
        const cells = await Promise.all(
          faults.flatMap((fault) => kills.map(async (isKilled) => prepared(fault, isKilled))),
        );
        // What the platform itself adds to a job must not stand in the way of the write that starts it.
        await world.cloud.control('PUT', 'world', { ...possible, platformKeys: true });
        await world.cloud.control('PUT', 'tune', views[view]);
        const ended = await Promise.all(cells.map(async (cell) => ({ ...cell, said: await outcomeOf(cell) })));
        await world.cloud.control('DELETE', 'faults');
        await world.cloud.control('PUT', 'tune', views['at once']);
        for (const { change, fault, isKilled, said } of ended) {
          const { own, byHand } = await counted(change);
          const where = `seen ${view}, fault ${fault}, killed ${String(isKilled)}`;
          const isTold = said.includes('more than once');
          note(keyOf(possible, fault), said === 'succeeded' ? 'once' : isTold ? 'both are told' : 'a person looks');
          expect(own, where).toBeLessThanOrEqual(1);
          // A listing that is late cannot show yet what a person has run.
          if (own === 1 && byHand > 0 && fault === 'by hand meanwhile' && view !== 'late')
            expect(said, where).toContain('more than once');
          else expect(said, where).toMatch(own === 1 ? /succeeded|nobody can say|more than once/ : /nobody can say/);
          // A platform that knows tokens leaves nothing to a person, whatever happens to a call.
          if (knowsTokens(possible) && fault !== 'by hand meanwhile') expect(said, where).toBe('succeeded');
        }
      },
      60_000,
    );
  },
);

function wordsOf({ startToken, runMovesEtag, runChecksEtag }: PossibleWorld): string {
  const run = `a run ${runMovesEtag ? 'moves' : 'keeps'} the etag, RunJob ${runChecksEtag ? 'compares' : 'ignores'} it`;
  return `token ${startToken}; ${run}`;
}

function keyOf(possible: PossibleWorld, fault: Fault): string {
  return `${wordsOf(possible)}; ${fault}`;
}

function note(key: string, outcome: string): void {
  outcomes.set(key, (outcomes.get(key) ?? new Set()).add(outcome));
}

function knowsTokens({ startToken }: PossibleWorld): boolean {
  return startToken === 'kept' || startToken === 'dropped';
}

interface Cell {
  change: Change;
  request: RunJobRequest;
  fault: Fault;
  isKilled: boolean;
}

async function prepared(fault: Fault, isKilled: boolean): Promise<Cell> {
  const change = new Change(world, await ownEntry(world, { service: false }));
  const { live } = await world.target.snapshot(change.entry);
  await world.target.stamp(change.entry, { ...change.write('fence'), expected: live.key });
  const sync = { ...change.syncRequest(world.images.next, ''), revision: null, variables: { SLEEP_MS: '300' } };
  const ready = await world.target.syncMigration(change.entry, sync);
  return { change, request: change.runRequest(world.images.next, ready), fault, isKilled };
}

/** Runs the command as an activity would that meets the fault, is killed, and is repeated. */
async function outcomeOf({ change, request, fault, isKilled }: Cell): Promise<string> {
  const resource = change.entry.migrationJob ?? '';
  const kind = ({ lost: 'lost', late: 'delay', refused: 'error' } as const)[fault as 'lost' | 'late' | 'refused'];
  // Each way to start meets it: the update with the token, and the call.
  if (kind)
    for (const method of ['Jobs/UpdateJob', 'Jobs/RunJob'])
      await world.cloud.control('POST', 'faults', {
        ...{ method: `google.cloud.run.v2.${method}`, resource, nth: 1, kind },
        ...{ ms: callTimeoutMs + 500, code: 'UNAVAILABLE' },
      });
  if (fault === 'by hand before') await runByHand(change);
  const killed = new AbortController();
  if (isKilled) setTimeout(() => killed.abort(new Error('killed')), 250);
  const first = world.target.runJob(change.entry, { ...request, ...(isKilled && { signal: killed.signal }) });
  const run = first.catch((error: unknown) => repeated(change, request, error));
  const ended = run.then(
    ({ outcome }): string => outcome,
    (error: unknown) => (error as Error).message,
  );
  if (fault === 'by hand meanwhile') await firstOwn(change).then(() => runByHand(change));
  return ended;
}

/** Repeats the activity as Temporal does: after its worker's death, and after each failure that may pass. */
async function repeated(change: Change, request: RunJobRequest, error: unknown): ReturnType<Target['runJob']> {
  if (error instanceof ApplicationFailure && error.nonRetryable) throw error;
  return world.target.runJob(change.entry, request).catch((again: unknown) => repeated(change, request, again));
}

async function runByHand({ entry }: Change): Promise<void> {
  await world.hand.jobs.runJob({ name: jobNameOf(entry) });
}

/** Waits until the platform has started something for us, or for as long as that may take. */
async function firstOwn(change: Change): Promise<void> {
  for (let look = 0; look < 100; look += 1) {
    if ((await change.executions()).length > 0) return;
    await pause(50);
  }
}

/** Counts once everything that was sent has arrived. */
async function counted(change: Change): Promise<Executions> {
  const [listed] = await world.hand.executions.listExecutions({ parent: jobNameOf(change.entry) });
  const marked = listed.filter(({ name, template }) => {
    const env = new Map(template?.containers?.[0]?.env?.map((one) => [one.name, one.value]));
    const meant = env.get('SLIPWAY_EXECUTION');
    return env.get('SLIPWAY_CHANGE') === change.id && (meant === '' || meant === name?.split('/').at(-1));
  });
  return { own: marked.length, byHand: listed.length - marked.length };
}
