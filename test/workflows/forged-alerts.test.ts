import { describe, expect, it } from 'vitest';
import { incidentWorkflowId } from '../../contract/ids.ts';
import { messageNames } from '../../contract/messages.ts';
import { failureOf } from './harness.ts';
import { endByWord, episodeOf, fire, untilTriaged, type IncidentHandle } from './incident-runs.ts';
import { release } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const harness = openHarness();
const groups = 40;
const alertsOfGroup = 25;

/** A world that would page people and freeze its environment for each grave incident. */
function newWorld(): World {
  const notifications = { pager: { kind: 'pagerDuty', routingKey: { secret: 'routing-key' } } };
  const settings = { approvals: noApprovals, incidents: { quietMinutes: 0.05 }, notifications };
  return new World(settings as unknown as ConstructorParameters<typeof World>[0]);
}

const forged = (group: number) =>
  Array.from({ length: alertsOfGroup }, (_, index) =>
    episodeOf({ fingerprint: (group * 100 + index).toString(16), name: `Forged${group}`, severity: 'sev1' }),
  );

describe('alerts that a stranger sends', () => {
  it('in forty groups of 25 open nothing, freeze nothing and page nobody', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      await release(start, world);
      const open = async (group: number, alerts = forged(group)) => {
        const input = { service: world.service, environment: 'staging', title: 'forged', openedBy: 'alertmanager' };
        const id = incidentWorkflowId(world.service, 'staging', `forged${group}`);
        const message: Parameters<typeof start>[3] = {
          signal: messageNames.alerts,
          signalArgs: [{ episodes: alerts }],
        };
        return start('incident', { ...input, severity: 'SEV-1', alerts }, id, message);
      };
      const runs = await Promise.all(Array.from({ length: groups }, (_, group) => open(group)));
      for (const failure of await Promise.all(runs.map(failureOf)))
        expect(failure).toMatchObject({ type: 'Rejected', message: expect.stringContaining('nobody was called') });
      // The same again, as it was, is no better.
      expect(await failureOf(await open(0))).toMatchObject({ type: 'Rejected' });
      expect(world.people.told).toEqual([]);
      expect(await harness.environmentStatus(world)).toMatchObject({ phase: 'free', freeze: null });
      // A real one of the same cause opens its incident all the same.
      const [real] = forged(1);
      if (real) fire(world, real);
      const run = (await open(1, real ? [real] : [])) as unknown as IncidentHandle;
      expect((await untilTriaged(run)).alerts).toMatchObject([{ fingerprint: real?.fingerprint, confirmed: 'yes' }]);
      await endByWord(run);
    });
  }, 120_000);
});
