import { mkdir, writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Call } from '../end-to-end/call-log.ts';
import type { FaultScript } from '../end-to-end/control.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { evidenced, evidenceRefused } from './evidence-flows.ts';
import { deployed, endOf, promoted, releasedAgain, rolledBack, type Flow } from './flows.ts';
import { killedInTheMiddle, type Arrest } from './kill-batch.ts';
import { rotated, rotationRefused } from './rotation-flows.ts';
import path from 'node:path';

/**
 * Takes a quarter of an hour a flow; `SLIPWAY_LONG=1` asks for it. `SLIPWAY_FLOW=promote` takes one flow alone,
 * `SLIPWAY_KILLS=0-59` so many of its kills. The short form is in kills.test.ts.
 */
const long = process.env['SLIPWAY_LONG'] !== undefined;
const flows = [
  ...[deployed, promoted, rolledBack, releasedAgain],
  ...[rotated, rotationRefused, evidenced, evidenceRefused],
].filter(({ name }) => (process.env['SLIPWAY_FLOW'] ?? name) === name);
const [firstKill = 0, lastKill = Infinity] = (process.env['SLIPWAY_KILLS'] ?? '')
  .split('-')
  .filter((text) => text !== '')
  .map(Number);
/** So many changes are arrested at once: each waits at most one call's deadline for the others. */
const atOnce = 8;
const modes: Pick<FaultScript, 'kind' | 'ms'>[] = [{ kind: 'hang' }, { kind: 'delay', ms: 6_000 }, { kind: 'lost' }];

interface Boundary {
  method: string;
  /** Which of the method's calls, counted from the start of the flow. */
  nth: number;
}

describe.runIf(long)('a worker that is killed before, during and after every outside call', () => {
  const sandbox = openSandbox({ hasWorker: false });

  it.each(flows)(
    'goes on in the next one: every $name comes to its end, once',
    async (flow) => {
      await sandbox.reset();
      const boundaries = await boundariesOf(sandbox, flow);
      expect(boundaries.length).toBeGreaterThan(15);
      const arrests = boundaries
        .flatMap((boundary) => modes.map((mode): Omit<Arrest, 'name'> => ({ flow, fault: { ...boundary, ...mode } })))
        .slice(firstKill, lastKill + 1);
      const violations: string[] = [];
      const missed: string[] = [];
      for (let from = 0; from < arrests.length; from += atOnce) {
        const batch = arrests
          .slice(from, from + atOnce)
          .map((arrest, index) => ({ name: `b${String(firstKill + from + index).padStart(3, '0')}`, ...arrest }));
        await sandbox.reset();
        try {
          missed.push(...(await killedInTheMiddle(sandbox, batch)));
        } catch (error) {
          violations.push(inspect(error, { depth: 4 }));
        }
        await report(flow.name, {
          boundaries: boundaries.length,
          kills: Math.min(from + atOnce, arrests.length),
          missed: missed.length,
          violations,
        });
      }
      expect(violations).toEqual([]);
    },
    3_600_000,
  );
});

/** The calls that one undisturbed run of the flow makes to its own services and jobs, reads as well as writes. */
async function boundariesOf(sandbox: TestSandbox, flow: Flow): Promise<Boundary[]> {
  const estate = await sandbox.estate({ ...flow.estate, name: 'counted' });
  // The image is built once, so that every run finds it.
  await estate.image('good');
  const worker = await sandbox.worker();
  await flow.prepare?.(sandbox, estate);
  const before = (await sandbox.calls()).length;
  await endOf(flow, await flow.begin(sandbox, estate), sandbox);
  await worker.stop();
  const counts = new Map<string, number>();
  const own = (call: Call): boolean => call.resource.includes(`/${estate.name}`);
  return (await sandbox.calls())
    .slice(before)
    .filter(own)
    .map(({ method }) => {
      const nth = (counts.get(method) ?? 0) + 1;
      counts.set(method, nth);
      return { method, nth };
    });
}

interface Report {
  boundaries: number;
  kills: number;
  /** Boundaries that a run did not have this time: it polled once less. */
  missed: number;
  violations: string[];
}

/** The headline: boundaries x modes, and the number of violations. */
async function report(flow: string, { boundaries, kills, missed, violations }: Report): Promise<void> {
  const folder = path.join(import.meta.dirname, '..', '..', '.slipway', 'reports');
  await mkdir(folder, { recursive: true });
  const headline =
    `${boundaries} boundaries x ${modes.length} modes: ${kills} kills, ${missed} of them not ` +
    `reached, ${violations.length} violations`;
  await writeFile(
    path.join(folder, `kills-at-every-boundary-of-${flow}${firstKill > 0 ? `-from-${firstKill}` : ''}.json`),
    `${JSON.stringify({ headline, violations }, null, 1)}\n`,
  );
}
