import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGoogleClients } from '../../activities/google/clients.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { startCloud } from '../emulator/cloud.ts';
import { endByWord, episodeOf, fire, openByAlert, untilTriaged } from '../workflows/incident-runs.ts';
import { openHarness } from '../workflows/stage.ts';
import { releaseCorrelated } from './seeds/release-correlated.ts';
import type { Seed } from './seeds/seed.ts';
import { changeIdOf } from './seeds/seeded-ledger.ts';
import { SeededWorld, type LogPlace } from './seeds/seeded-world.ts';
import { withoutRelease } from './seeds/without-release.ts';

/** So many incidents run at once. */
const atOnce = 2;

const harness = openHarness();
let place: LogPlace;
beforeAll(async () => {
  const cloud = await startCloud();
  place = {
    cloud,
    clients: await createGoogleClients({
      grpc: `127.0.0.1:${cloud.grpcPort}`,
      token: workerAccount,
      callTimeoutMs: 5_000,
    }),
  };
});
afterAll(async () => {
  await place.clients.close();
  await place.cloud.stop();
});

interface Judged {
  seed: Seed;
  status: IncidentStatus;
  isFirst: boolean;
}

/** Lets the incident of a seed open by its alert, and gather its evidence. */
async function triage(seed: Seed): Promise<Judged> {
  const world = new SeededWorld(seed, place, Date.now());
  await world.writeLog();
  let status: IncidentStatus | undefined;
  await harness.with(world, async (start) => {
    const alert = episodeOf({ ...seed.alert, severity: 'sev3', startsAt: new Date(world.alertAt).toISOString() });
    fire(world, alert);
    const run = await openByAlert(start, world, alert);
    status = await untilTriaged(run);
    await endByWord(run);
  });
  if (!status) throw new Error(`${seed.name} has no status`);
  return { seed, status, isFirst: isGuilty(seed, status) };
}

function isGuilty({ guilty, underWay }: Seed, { suspects: [first] }: IncidentStatus): boolean {
  if (guilty === null || !first) return guilty === null;
  if (guilty === 'by hand') return first.what.startsWith('changed by hand');
  return first.change === changeIdOf(guilty === 'under way' ? (underWay?.name ?? '') : guilty);
}

async function judge(seeds: readonly Seed[]): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (let from = 0; from < seeds.length; from += atOnce)
    judged.push(...(await Promise.all(seeds.slice(from, from + atOnce).map(triage))));
  return judged;
}

function row({ seed, status, isFirst }: Judged): string {
  const category = status.category ?? (status.likely.map((one) => `like ${one.category}`).join(', ') || 'not known');
  const names = seed.changes.map(({ name }) => [changeIdOf(name), name] as const);
  const suspects = status.suspects.map(({ change, score, what }) => {
    return `${new Map(names).get(change) ?? what.slice(0, 24)} ${score}`;
  });
  const mark = seed.guilty === null ? '' : isFirst ? 'first' : 'NOT FIRST';
  return `| ${seed.name} | ${seed.guilty ?? 'none'} | ${mark} | ${suspects.join(', ')} | ${category} |`;
}

/** Categories that fit no seed of this kind. */
function claimed({ seed, status }: Judged): string[] {
  const said = [...(status.category ? [status.category] : []), ...status.likely.map(({ category }) => category)];
  return said.filter((category) => category !== seed.category);
}

it('of twenty seeded situations the guilty change is first, and no category is claimed that does not fit', async () => {
  const judged = await judge([...releaseCorrelated, ...withoutRelease]);
  const correlated = judged.filter(({ seed }) => seed.guilty !== null);
  const table = ['| situation | guilty | rank | suspects | category |', '|---|---|---|---|---|', ...judged.map(row)];
  const first = correlated.filter(({ isFirst }) => isFirst).length;
  process.stdout.write(`${table.join('\n')}\n${first} of ${correlated.length} ranked first\n`);
  expect(correlated).toHaveLength(10);
  expect(judged.flatMap((one) => claimed(one).map((category) => `${one.seed.name}: ${category}`))).toEqual([]);
  expect(first).toBeGreaterThanOrEqual(9);
}, 300_000);
