import { describe, expect, it } from 'vitest';
import { changeEntries } from '../../contract/ledger.ts';
import { effective, type Call } from '../end-to-end/call-log.ts';
import type { Estate, Place } from '../end-to-end/estate.ts';
import { expectInvariants } from '../end-to-end/invariants.ts';
import { openSandbox } from '../end-to-end/stage.ts';

/** Two hundred races with SLIPWAY_LONG=1, else some; several environments race side by side. */
const isLong = process.env['SLIPWAY_LONG'] !== undefined;
const environments = isLong ? 8 : 3;
const rounds = isLong ? 25 : 2;
const longestMs = isLong ? 1_500_000 : 120_000;
/** As quick as the platform's own waits allow: what is tested is who may write, not how long a write takes. */
const raceTempo = { operationMs: 20, callMs: 0, listLagMs: 0, logDelayMs: 0, buildMs: 50 };
const bareRelease = (place: Place): void => {
  delete place.migration;
  delete place.verification;
  Object.assign(place, {
    smoke: [{ name: 'health', path: '/health' }],
    logs: [],
    bake: { seconds: 0, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1 },
  });
};

const sandbox = openSandbox();

/** Two changes for one environment, started at once (invariant I3). */
describe('a race', () => {
  /** Both commits at once, again and again; answers the changes in no order. */
  const raced = async (estate: Estate): Promise<string[]> => {
    const changes: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const runs = await Promise.all(
        ['good', 'baseline'].map((scenario) => sandbox.runs.start('deploy', estate.input(scenario))),
      );
      const results = await Promise.all(runs.map((run) => run.result()));
      changes.push(...results.map(({ change }) => change));
    }
    return changes;
  };

  it(
    `is decided by the environment, ${environments * rounds} times: no writes of two changes ` +
      'overlap, fences rise, nothing is stuck',
    async () => {
      await sandbox.control.tune(raceTempo);
      const estates: Estate[] = [];
      for (let index = 0; index < environments; index += 1)
        estates.push(await sandbox.estate({ name: `race-${index}`, place: bareRelease }));
      const beganAt = Date.now();
      const changes = await Promise.all(estates.map(raced));
      const calls = await sandbox.calls();
      console.log(
        `${environments * rounds} races, ${changes.flat().length} changes, ` +
          `${effective(calls).length} effective mutations, ` +
          `${Math.round((Date.now() - beganAt) / 1000)} s`,
      );
      expectInvariants(calls);
      for (const [index, estate] of estates.entries()) {
        expect(overlaps(calls, estate.name)).toEqual([]);
        const { ledger, holder, queue, number } = await sandbox.runs.environment(estate.name);
        expect({ holder, queue, number }).toEqual({ holder: null, queue: [], number: 2 * rounds });
        const latest = ledger.slice(-2 * rounds);
        expect(latest.map((entry) => entry.number)).toEqual(
          Array.from({ length: latest.length }, (_, place) => number - latest.length + place + 1),
        );
        expect(new Set(changes[index])).toEqual(new Set(changeEntries(latest).map(({ change }) => change)));
        expect((await estate.served()).serving).toEqual([
          expect.objectContaining({ revision: changeEntries(ledger).at(-1)?.revision, percent: 100 }),
        ]);
      }
    },
    longestMs,
  );

  it('between two approved deploys loses neither: the second plan is void and asked for again', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'approved-race',
      place: (place) => {
        bareRelease(place);
        place.approvals = { required: [{ role: 'release-owner' }] };
      },
    });
    const both = await Promise.all(
      ['good', 'baseline'].map((scenario) => runs.start('deploy', estate.input(scenario))),
    );
    const plans = await Promise.all(both.map(async (run) => (await runs.untilPhase(run, 'approval')).plan));
    await Promise.all(both.map((run) => runs.approve(run)));
    const second = await Promise.any(
      both.map(async (run, index) => ({
        run,
        status: await runs.until(run, ({ phase, plan }) => phase === 'approval' && plan !== plans[index]),
      })),
    );
    expect(second.status.approvals).toEqual([]);
    const first = both.find((run) => run !== second.run);
    await first?.result();
    await runs.approve(second.run);
    const { change } = await second.run.result();
    const entries = changeEntries((await runs.environment(estate.name)).ledger);
    expect(entries.map((entry) => entry.verified)).toEqual([true, true]);
    expect(entries.at(-1)?.change).toBe(change);
    expect(overlaps(await sandbox.calls(), estate.name)).toEqual([]);
  });
});

/** From its first to its last effective call a change has the service and its job to itself. */
function overlaps(calls: readonly Call[], name: string): string[] {
  const own = effective(calls).filter(
    ({ resource, markers }) =>
      markers.change &&
      markers.step !== 'by-hand' &&
      new RegExp(`/(services|jobs)/${name}(-migrate)?(/|$)`).test(resource),
  );
  const spans = [...Map.groupBy(own, ({ markers }) => markers.change ?? '')].map(([change, made]) => ({
    change,
    from: Date.parse(made[0]?.startedAt ?? ''),
    to: Math.max(...made.map(({ endedAt }) => Date.parse(endedAt))),
  }));
  const inOrder = spans.sort((a, b) => a.from - b.from);
  if (spans.length === 0) throw new Error(`the call log has no change of ${name}`);
  return inOrder.flatMap(({ change, from }, index) => {
    const before = inOrder[index - 1];
    return before && from < before.to
      ? [`${change} wrote to ${name} before ${before.change} had written for the last time`]
      : [];
  });
}
