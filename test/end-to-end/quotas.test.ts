import { describe, expect, it } from 'vitest';
import { deployMany } from './many-deploys.ts';
import { openSandbox } from './stage.ts';

const sandbox = openSandbox();

/** Twenty take two minutes, so `SLIPWAY_LONG=1` asks for them; else a few of them, with their part of the quotas. */
const isLong = process.env['SLIPWAY_LONG'] !== undefined;

describe('deploys of many services of one project at once', () => {
  it('all end, and none parks, under the quotas that Google Cloud grants', async () => {
    const [count, bakeSeconds, part] = isLong ? [20, 15, 1] : [3, 3, 1 / 3];
    const { outcomes, timelines, perDeploy, refused, seconds } = await deployMany(sandbox, count, {
      bakeSeconds,
      part,
    });
    if (isLong) console.info(JSON.stringify({ count, perDeploy, refused, seconds }));
    expect(outcomes).toEqual(outcomes.map(() => expect.stringMatching(/^released /)));
    expect(timelines.flat().filter((what) => /parked/.test(what))).toEqual([]);
    // Those of a deploy and no more, and few refusals: who asks without a budget meets one after the other.
    expect(perDeploy.runWrites).toBe(6);
    expect(refused).toBeLessThanOrEqual(count * 4);
  }, 600_000);
});
