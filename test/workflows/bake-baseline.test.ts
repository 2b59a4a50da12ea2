import { expect, it } from 'vitest';
import type { Ports } from '../../activities/ports/index.ts';
import { deployOf, untilInStep } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const harness = openHarness();

/** Remembers until when the log was read for what was usual before. */
class LoggedWorld extends World {
  readonly baselinesEnd: string[] = [];

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const read: Ports['logs']['read'] = async (target, query, limit) => {
      if (query.until !== null) this.baselinesEnd.push(query.until);
      return ports.logs.read(target, query, limit);
    };
    return { ...ports, logs: { read } };
  }
}

it('what was usual before ends when the traffic is sent, however late its answer comes', async () => {
  const logs = [{ name: 'errors', filter: 'severity>=ERROR', freshnessMinutes: 10, limit: 20 }];
  const world = new LoggedWorld({ approvals: noApprovals, logs });
  await harness.with(world, async (start) => {
    const answer = world.holdNext('shift');
    const run = await start('deploy', deployOf(world));
    await untilInStep(run, 'shift');
    const sentBy = Date.now();
    answer();
    await run.result();
    expect(world.baselinesEnd.length).toBeGreaterThan(0);
    for (const end of world.baselinesEnd) expect(Date.parse(end)).toBeLessThanOrEqual(sentBy);
  });
});
