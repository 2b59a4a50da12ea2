import { describe, expect, it } from 'vitest';
import { endByWord, openIncident, refusalOf, say, statusOfIncident, untilTriaged } from './incident-runs.ts';
import { openHarness } from './stage.ts';
import { developer, noApprovals, owner, World } from './world.ts';

const harness = openHarness();
const rules = { quietMinutes: 0.05, errorRate: 'errors{service="{service}"}' };
const settings = { approvals: noApprovals, incidents: rules } as unknown as ConstructorParameters<typeof World>[0];
const followUp = { text: 'alert on tail timeouts', owner: 'team-observability', dueAt: '2999-03-08' };
describe('follow-ups of an incident', () => {
  it('are kept with owner and day, and noted as done as long as it is open', async () => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      expect(await say(run, 'followUp', followUp)).toBe(
        `follow-up 1 by ${owner}: alert on tail timeouts; team-observability does it until 2999-03-08`,
      );
      await say(run, 'followUp', { ...followUp, text: 'a gate of the bake', dueAt: '2999-03-08T12:00:00+01:00' });
      await say(run, 'followUp', { done: 2 });
      await endByWord(run);
      expect((await statusOfIncident(run)).followUps).toMatchObject([
        { number: 1, ...followUp, by: owner, state: 'open' },
        { number: 2, text: 'a gate of the bake', state: 'done' },
      ]);
    });
  });

  it.each([
    ['by a stranger', { ...followUp, by: developer }, 'does not respond to incidents here'],
    ['without an owner', { text: 'something' }, 'give text, owner and dueAt'],
    ['both new and done', { ...followUp, done: 1 }, 'give text, owner and dueAt'],
    ['done, of which there is none', { done: 3 }, 'there is no follow-up 3; there are 0'],
    ['due in the past', { ...followUp, dueAt: '2020-01-01' }, 'dueAt: 2020-01-01 is over'],
    ['due at no day', { ...followUp, dueAt: 'soon' }, 'must be a day such as 2026-03-08'],
  ])('are refused %s', async (_name, payload, reason) => {
    const world = new World(settings);
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      expect(await refusalOf(say(run, 'followUp', payload))).toContain(reason);
      expect(await statusOfIncident(run)).toMatchObject({ followUps: [], refused: { count: 1 } });
      await endByWord(run);
    });
  });
});

describe('the error rate of an incident', () => {
  it('is read when it opens and once more at its end, from before the onset on', async () => {
    const world = new World(settings);
    world.metricValues = [0.3];
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      const [first] = (await untilTriaged(run)).evidence.filter(({ name }) => name === 'error rate');
      expect(first).toMatchObject({ points: [{ value: 0.3 }], query: `errors{service="${world.service}"}` });
      world.metricValues = [0.01];
      await endByWord(run);
      const { evidence, onset } = await statusOfIncident(run);
      const [last, ...others] = evidence.filter(({ name }) => name === 'error rate');
      expect([last?.points?.[0]?.value, others]).toEqual([0.01, []]);
      expect(Date.parse(onset) - Date.parse(last?.window?.since ?? '')).toBe(15 * 60_000);
    });
  });

  it('keeps the values that it has when the source is silent at the end', async () => {
    const world = new World(settings);
    world.metricValues = [0.3];
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      world.metricValues = [];
      await endByWord(run);
      const { evidence } = await statusOfIncident(run);
      expect(evidence.find(({ name }) => name === 'error rate')).toMatchObject({ points: [{ value: 0.3 }] });
    });
  });
});
