import { describe, expect, it } from 'vitest';
import { episodeOf, fire, openByAlert, say, tellAlerts, untilIncident, untilTriaged } from './incident-runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const harness = openHarness();
const settings = { approvals: noApprovals, incidents: { quietMinutes: 0.05 } };

describe('an incident that is about to be over', () => {
  it.each([
    ['the same alert again', {}],
    ['another alert', { fingerprint: 'b2', name: 'Other' }],
  ])('goes on when %s joins during the last look', async (_what, changes) => {
    const world = new World(settings as unknown as ConstructorParameters<typeof World>[0]);
    const first = episodeOf();
    fire(world, first);
    await harness.with(world, async (start) => {
      const run = await openByAlert(start, world, first);
      await untilTriaged(run);
      fire(world);
      await say(run, 'resolve');
      await untilIncident(run, 'it is looked at', ({ phase }) => phase === 'verifying');
      // The last look: Alertmanager says that nothing fires, and its answer comes later than the alert.
      const release = world.holdNth('alerts', 2);
      await untilIncident(run, 'the last look', () => world.isHeld('alerts'));
      const again = episodeOf({ startsAt: new Date().toISOString(), ...changes });
      fire(world, again);
      await tellAlerts(run, { ...first, status: 'resolved', endsAt: new Date().toISOString() }, again);
      release();
      const { outcome, alerts } = await untilIncident(
        run,
        'people are asked again',
        ({ phase, steps }) =>
          phase === 'responding' && steps.some(({ name, state }) => name === 'verify' && state === 'failed'),
      );
      expect(outcome).toBeNull();
      expect(alerts.map(({ status }) => status)).toEqual(['resolved', 'firing']);
      fire(world);
      await say(run, 'resolve');
      await run.result();
    });
  });
});
