import { describe, expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { expectSaidWhileAway, kindsOfAway } from './away.ts';
import { openClusterStage } from './kubernetes/estate.ts';
import { deployed, migrated, promoted, rolledBack, type ClusterFlow } from './kubernetes/flows.ts';
import { begunAt, judgedAfter, type Arrest } from './kubernetes/kill-batch.ts';

/** Longer than the forty seconds after which a run says what it waits for. */
const awayMs = 60_000;

/** A change at the first call of a kind, in the step that makes it. */
type Stop = Omit<Arrest, 'name' | 'fault'> & { step: string; call: string; nth?: number };

const stopsOf = (flow: ClusterFlow, calls: [step: string, call: string, nth?: number][]): Stop[] =>
  calls.map(([step, call, nth = 1]) => ({ flow, step, call, nth }));
const stops: Stop[] = [
  ...stopsOf(deployed, [
    ['plan', 'get apps/statefulsets'],
    ['fence', 'patch apps/statefulsets'],
    ['sync-job', 'create batch/jobs'],
    ['migrate', 'patch batch/jobs'],
    ['migrate', 'watch batch/jobs'],
    ['shift', 'apply apps/statefulsets'],
  ]),
  ...stopsOf(promoted, [
    ['sync-job', 'create batch/jobs'],
    ['shift', 'apply apps/statefulsets'],
  ]),
  ...stopsOf(rolledBack, [['restore', 'apply apps/statefulsets']]),
  ...stopsOf(migrated, [
    ['fence', 'patch apps/statefulsets'],
    ['migrate', 'patch batch/jobs'],
  ]),
];

/** Five minutes: `SLIPWAY_LONG=1` asks for it. */
describe.runIf(process.env['SLIPWAY_LONG'])('a cluster whose API server is away', () => {
  const sandbox = openSandbox({ hasWorker: false, parts: ['kubernetes'] });
  const stage = openClusterStage(sandbox);

  it.each(kindsOfAway)(
    'in the midst of changes, %s, is waited for: it is said throughout, and each thing is done once',
    async (kind) => {
      const arrests = stops.map(({ flow, call, nth = 1 }, index) => ({
        name: `${kind.slice(0, 2)}-${index}`,
        flow,
        fault: { call, nth, kind: 'hang' as const },
      }));
      const batch = await begunAt(stage, arrests);
      expect(batch.missed).toEqual([]);
      const held = batch.begun.map(({ arrest: { name }, run }, index) => ({
        name,
        run,
        step: stops[index]?.step ?? '',
      }));
      if (kind === 'refusing') await batch.worker.proxy.shut();
      await expectSaidWhileAway(sandbox.runs, held, awayMs);
      await batch.worker.proxy.reopen();
      expect(await judgedAfter(stage, batch)).toEqual([]);
    },
    600_000,
  );
});
