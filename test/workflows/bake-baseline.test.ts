import { expect, it } from 'vitest';
import type { Ports } from '../../activities/ports/index.ts';
import type { LogQuery } from '../../activities/ports/platform.ts';
import { eventually } from '../until.ts';
import { deployOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const harness = openHarness();

/** Remembers for which times the log was read. */
class LoggedWorld extends World {
  readonly reads: LogQuery[] = [];

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ports = super.ports(connection, environments);
    const read: Ports['logs']['read'] = async (target, query, limit) => {
      this.reads.push(query);
      return ports.logs.read(target, query, limit);
    };
    return { ...ports, logs: { ...ports.logs, read } };
  }
}

it('what was usual before ends when the traffic is sent, however late its answer comes', async () => {
  const logs = [{ name: 'errors', filter: 'severity>=ERROR', freshnessMinutes: 10, limit: 20 }];
  const world = new LoggedWorld({ approvals: noApprovals, logs });
  await harness.with(world, async (start) => {
    const startedAt = Date.now();
    const answer = world.holdNext('shift');
    const run = await start('deploy', deployOf(world));
    await eventually('the traffic is sent', async () => world.isHeld('shift'));
    const sentBy = Date.now();
    answer();
    await run.result();
    const baselines = world.reads.filter(({ since }) => Date.parse(since) < startedAt);
    expect(baselines.length).toBeGreaterThan(0);
    for (const { until } of baselines) expect(Date.parse(until ?? '')).toBeLessThanOrEqual(sentBy);
  });
});
