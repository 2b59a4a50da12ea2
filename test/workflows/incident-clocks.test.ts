import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../contract/status.ts';
import { queryNames } from '../../contract/messages.ts';
import { eventually } from '../until.ts';
import {
  endByWord,
  episodeOf,
  fire,
  openByAlert,
  openIncident,
  say,
  statusOfIncident,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from './incident-runs.ts';
import { release } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const harness = openHarness();
/** Times that a clock would have rung while no worker is there. */
const missed = 4;
const periodMs = 3_000;
const every = { 'SEV-1': periodMs / 60_000, 'SEV-2': periodMs / 60_000, 'SEV-3': 60 };
const overdue = 'people have not heard of it for too long: tell them (./slipway incident communicate)';
const uncalled = /^nobody has acknowledged in time/;

function newWorld(incidents: object, settings: object = {}): World {
  const all = { approvals: noApprovals, incidents: { quietMinutes: 0.05, ...incidents }, ...settings };
  return new World(all as unknown as ConstructorParameters<typeof World>[0]);
}

/** Lines of the timeline that say so. */
async function linesOf(run: IncidentHandle, what: string | RegExp): Promise<TimelineEntry[]> {
  const timeline = await run.query<TimelineEntry[]>(queryNames.timeline);
  return timeline.filter((line) => (typeof what === 'string' ? line.what === what : what.test(line.what)));
}

/** Waits until a line that was not there before is there. */
async function untilLine(run: IncidentHandle, what: string | RegExp, after: number): Promise<void> {
  await eventually(String(what), async () => (await linesOf(run, what)).length > after, 20_000);
}

describe('the clocks of an incident', () => {
  it('ring while a mitigation runs, and while the symptom has to stay away', async () => {
    const approvals = { ...noApprovals, rollback: [{ role: 'data-owner' }] };
    const world = newWorld({ updateEveryMinutes: every }, { approvals });
    const alert = episodeOf();
    fire(world, alert);
    await harness.with(world, async (start) => {
      await release(start, world);
      const run = await openByAlert(start, world, alert);
      await untilTriaged(run);
      await say(run, 'mitigate', { to: 'service-1' });
      await untilIncident(run, 'the rollback waits', ({ phase }) => phase === 'mitigating');
      await untilLine(run, overdue, (await linesOf(run, overdue)).length);
      const { mitigations } = await statusOfIncident(run);
      expect(mitigations).toMatchObject([{ endedAt: null }]);
      const child = harness.client.workflow.getHandle(mitigations[0]?.workflowId ?? '');
      await child.cancel();
      await untilTriaged(run);
      await say(run, 'resolve');
      await untilIncident(run, 'it is still there', ({ phase }) => phase === 'verifying');
      await untilLine(run, overdue, (await linesOf(run, overdue)).length);
      expect(await statusOfIncident(run)).toMatchObject({ phase: 'verifying' });
      fire(world);
      await run.result();
    });
  });

  it('ring once for all the time that no worker was there, and then at their distance again', async () => {
    const world = newWorld({ acknowledgeWithinMinutes: every, updateEveryMinutes: every });
    await harness.with(world, async (start, replaceWorker) => {
      const run = await openIncident(start, world, { severity: 'SEV-2' });
      await untilTriaged(run);
      const before = (await linesOf(run, uncalled)).length;
      await replaceWorker(() => new Promise((resolve) => setTimeout(resolve, missed * periodMs)));
      await untilLine(run, uncalled, before + 1);
      await say(run, 'acknowledge');
      await endByWord(run);
      for (const what of [uncalled, overdue]) {
        const rung = (await linesOf(run, what)).map(({ at }) => Date.parse(at));
        const gaps = rung.slice(1).map((at, index) => at - (rung[index] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThan(periodMs - 100);
      }
    });
  });
});
