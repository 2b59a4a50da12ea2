import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { isRead, type Fault } from './kubernetes/api-server-proxy.ts';
import { openClusterStage, type ClusterStage } from './kubernetes/estate.ts';
import {
  deployed,
  gated,
  migrated,
  prepare,
  promoted,
  rolledBack,
  rotated,
  type ClusterFlow,
} from './kubernetes/flows.ts';
import { killedInTheMiddle, reports, type Arrest } from './kubernetes/kill-batch.ts';

/**
 * `SLIPWAY_LONG=1` asks for it. `SLIPWAY_FLOW=promote` takes one flow alone, `SLIPWAY_KILLS=0-59` so many of its kills.
 * The short form is in kubernetes-kills.test.ts.
 */
const long = process.env['SLIPWAY_LONG'] !== undefined;
const flows = [deployed, gated, promoted, rolledBack, migrated, rotated].filter(
  ({ name }) => (process.env['SLIPWAY_FLOW'] ?? name) === name,
);
const [firstKill = 0, lastKill = Infinity] = (process.env['SLIPWAY_KILLS'] ?? '')
  .split('-')
  .filter((text) => text !== '')
  .map(Number);
/** So many changes are arrested at once, each in a namespace of its own. */
const atOnce = 8;

describe.runIf(long)('a worker that is killed before, during and after every call to the API server', () => {
  const sandbox = openSandbox({ hasWorker: false, parts: ['kubernetes'] });
  const stage = openClusterStage(sandbox);

  it.each(flows)(
    'goes on in the next one: every $name completes, once',
    async (flow) => {
      const calls = await callsOf(stage, flow);
      expect(calls.length).toBeGreaterThan(15);
      const all = faultsAt(calls, flow.withGate ? gateOf(calls) : 0);
      const faults = all.slice(firstKill, lastKill + 1);
      // A range beyond the last boundary would pass without a kill.
      expect(faults.length).toBeGreaterThan(0);
      const violations: string[] = [];
      const missed: string[] = [];
      for (let from = 0; from < faults.length; from += atOnce) {
        const batch = faults.slice(from, from + atOnce).map((fault, index): Arrest => {
          const number = String(firstKill + from + index).padStart(3, '0');
          return { flow, name: `${flow.name}-${number}`, fault };
        });
        try {
          const outcome = await killedInTheMiddle(stage, batch);
          missed.push(...outcome.missed);
          violations.push(...outcome.violations);
        } catch (error) {
          violations.push(inspect(error, { depth: 4 }));
        }
        const kills = Math.min(from + atOnce, faults.length);
        await report(flow, { calls, all: all.length, kills, missed, violations });
      }
      expect(violations).toEqual([]);
    },
    6 * 3_600_000,
  );
});

/** The calls that one undisturbed run of the flow makes, reads and watches as well as writes. */
async function callsOf(stage: ClusterStage, flow: ClusterFlow): Promise<string[]> {
  const name = `${flow.name}-counted`;
  const estate = await stage.estate(name, flow);
  const { worker, proxy, admit } = await stage.worker();
  try {
    await admit([estate]);
    await prepare(stage, estate, flow);
    const before = proxy.callsOf(name).length;
    await (await flow.begin(stage, estate)).result();
    return proxy.callsOf(name).slice(before);
  } finally {
    await worker.stop();
    await proxy.close();
  }
}

/** Finds where the post-deploy gate begins: its Jobs come after that of the migration. */
function gateOf(calls: readonly string[]): number {
  return calls.indexOf('create batch/jobs', calls.indexOf('create batch/jobs') + 1);
}

/** Before, during and after each call; a read changes nothing, so that during it is as before it. */
function faultsAt(calls: readonly string[], first: number): Fault[] {
  const counts = new Map<string, number>();
  return calls.flatMap((call, index) => {
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    if (index < first) return [];
    const kinds: Fault['kind'][] = isRead(call) ? ['hang', 'lost'] : ['hang', 'delay', 'lost'];
    return kinds.map((kind) => ({ call, nth, kind }));
  });
}

interface Report {
  calls: string[];
  all: number;
  kills: number;
  missed: string[];
  violations: string[];
}

/** The headline: so many boundaries and kills, and the number of violations. */
async function report({ name: flow }: ClusterFlow, { calls, all, kills, missed, violations }: Report): Promise<void> {
  await mkdir(reports, { recursive: true });
  const writes = calls.filter((call) => !isRead(call)).length;
  const headline =
    `${calls.length} calls (${writes} writes), ${all} boundaries: ${kills} kills from ${firstKill} on, ` +
    `${missed.length} of them not reached, ${violations.length} violations`;
  const name = `kills-on-kubernetes-of-${flow}${firstKill > 0 ? `-from-${firstKill}` : ''}.json`;
  await writeFile(path.join(reports, name), `${JSON.stringify({ headline, missed, violations, calls }, null, 1)}\n`);
}
