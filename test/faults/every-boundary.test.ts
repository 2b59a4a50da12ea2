import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../endToEnd/call-log.ts';
import type { FaultScript } from '../endToEnd/control.ts';
import { TestSandbox } from '../endToEnd/sandbox.ts';
import { killedInTheMiddle, type Arrest } from './kill-batch.ts';

/** Takes a quarter of an hour; `SLIPWAY_LONG=1` asks for it. The short form is in kills.test.ts. */
const long = process.env['SLIPWAY_LONG'] !== undefined;
/** So many deploys are arrested at once: each waits at most one call's deadline for the others. */
const atOnce = 6;
const modes: Pick<FaultScript, 'kind' | 'ms'>[] = [{ kind: 'hang' }, { kind: 'delay', ms: 6_000 }, { kind: 'lost' }];

interface Boundary {
  method: string;
  /** Which of the method's calls, counted from the start of the deploy. */
  nth: number;
}

describe.runIf(long)('a worker that is killed before, during and after every outside call', () => {
  let sandbox: TestSandbox;
  let boundaries: Boundary[] = [];
  beforeAll(async () => {
    sandbox = await TestSandbox.open();
    boundaries = await boundariesOfADeploy(sandbox);
  });
  beforeEach(() => sandbox.reset());
  afterAll(() => sandbox.close());

  it('goes on in the next one: every deploy completes, once', async () => {
    expect(boundaries.length).toBeGreaterThan(20);
    const arrests = boundaries.flatMap((boundary) => modes.map((mode): Omit<Arrest, 'name'> => ({ fault: { ...boundary, ...mode } })));
    const violations: string[] = [];
    const missed: string[] = [];
    for (let from = 0; from < arrests.length; from += atOnce) {
      const batch = arrests.slice(from, from + atOnce).map((arrest, index) => ({ name: `b${String(from + index).padStart(3, '0')}`, ...arrest }));
      await sandbox.reset();
      try {
        missed.push(...(await killedInTheMiddle(sandbox, 'good', batch)));
      } catch (error) {
        violations.push(inspect(error, { depth: 4 }));
      }
      await report({ boundaries: boundaries.length, kills: Math.min(from + atOnce, arrests.length), missed: missed.length, violations });
    }
    expect(violations).toEqual([]);
  }, 3_600_000);
});

/** The calls that one undisturbed deploy makes to its own service and job, reads as well as writes. */
async function boundariesOfADeploy(sandbox: TestSandbox): Promise<Boundary[]> {
  const estate = await sandbox.estate({ name: 'counted' });
  // The image is built once, so that every deploy finds it.
  await estate.image('good');
  const before = (await sandbox.calls()).length;
  const worker = await sandbox.worker();
  await (await sandbox.runs.start('deploy', estate.input('good'))).result();
  await worker.stop();
  const counts = new Map<string, number>();
  const own = (call: Call): boolean => call.resource.includes(`/${estate.name}`);
  return (await sandbox.calls()).slice(before).filter(own).map(({ method }) => {
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    return { method, nth };
  });
}

interface Report {
  boundaries: number;
  kills: number;
  /** Boundaries that a deploy did not have this time: it polled once less. */
  missed: number;
  violations: string[];
}

/** The headline: boundaries x modes, and the number of violations. */
async function report({ boundaries, kills, missed, violations }: Report): Promise<void> {
  const folder = path.join(import.meta.dirname, '..', '..', '.slipway', 'reports');
  await mkdir(folder, { recursive: true });
  const headline = `${boundaries} boundaries x ${modes.length} modes: ${kills} kills, ${missed} of them not reached, ${violations.length} violations`;
  await writeFile(path.join(folder, 'kills-at-every-boundary.json'), `${JSON.stringify({ headline, violations }, null, 1)}\n`);
}
