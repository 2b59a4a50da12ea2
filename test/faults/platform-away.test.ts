import { describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../contract/status.ts';
import { sandboxVariables } from '../../sandbox/people.ts';
import type { Place } from '../end-to-end/estate.ts';
import { expectInvariants } from '../end-to-end/invariants.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { openedForFile } from '../opened-for-file.ts';
import { expectSaidWhileAway, kindsOfAway, type Held, type KindOfAway } from './away.ts';
import { deployed, endOf, expectEnded, migrated, promoted, rolledBack, type Flow } from './flows.ts';
import { Gateway } from './gateway.ts';
import { createEstates } from './kill-batch.ts';

/** `SLIPWAY_LONG=1` takes the platform away in each phase of each flow, in both ways. It takes ten minutes. */
const long = process.env['SLIPWAY_LONG'] !== undefined;
/** Short: a run says after a second what it waits for, and not after forty. */
const sayAfterSeconds = long ? undefined : '1';
const awayMs = long ? 75_000 : 4_000;
/** A call that is held is given up after ten seconds and made again: so many tries are held while others come. */
const triesHeld = 40;
/** A busy machine brings sixteen changes to their steps one after the other. */
const reachedWithinMs = 120_000;

/** Where a change is when the platform goes away: at the nth call of a method since its flow began. */
interface Stop {
  flow: Flow;
  step: string;
  /** Absent: the step takes long enough by itself. */
  method?: string;
  nth?: number;
  /** The step before, where only what comes after it is counted. */
  after?: string;
}

const writes = (flow: Flow, stops: [step: string, method: string, nth: number][]): Stop[] =>
  stops.map(([step, method, nth]) => ({ flow, step, method, nth }));
const service = 'Services/UpdateService';
const job = 'Jobs/UpdateJob';
const rollOut = (flow: Flow): Stop[] => [
  { flow, step: 'preflight', method: 'Services/GetService', nth: 1 },
  ...writes(flow, [
    ['fence', service, 1],
    ['fence', job, 1],
    ['stage', service, 2],
    ['sync-job', job, 2],
    ['migrate', job, 3],
    ['migrate', 'Executions/GetExecution', 1],
    ['shift', service, 3],
  ]),
  { flow, step: 'bake' },
  { flow, step: 'read-back', method: 'Services/GetService', nth: 1, after: 'bake' },
];
const stops: Stop[] = [
  ...rollOut(deployed),
  { flow: migrated, step: 'preflight', method: 'Services/GetService', nth: 1 },
  ...writes(migrated, [
    ['fence', service, 1],
    ['sync-job', job, 2],
    ['migrate', job, 3],
    ['migrate', 'Executions/GetExecution', 1],
  ]),
  ...rollOut(promoted),
  { flow: rolledBack, step: 'preflight', method: 'Services/GetService', nth: 1 },
  ...writes(rolledBack, [
    ['restore', service, 1],
    ['restore', service, 2],
    ['restore', job, 1],
    ['restore', service, 3],
  ]),
];
const briefly = stops.filter(({ flow, step }) => flow === deployed && ['sync-job', 'shift'].includes(step));
const batches: Record<string, Stop[]> = long
  ? {
      'a deploy or a migration': stops.filter(({ flow }) => flow === deployed || flow === migrated),
      'a promotion or a rollback': stops.filter(({ flow }) => flow === promoted || flow === rolledBack),
    }
  : { 'a deploy': briefly };
const kinds = long ? kindsOfAway : (['hanging'] as const);

const sandbox = openSandbox({ hasWorker: false });
const gateways = openedForFile(
  async () => {
    const { grpc, http } = sandbox.cloud;
    const [calls, rest] = await Promise.all([
      Gateway.open(Number(grpc.split(':').at(-1))),
      Gateway.open(Number(new URL(http).port)),
    ]);
    return { calls, rest };
  },
  async ({ calls, rest }) => void (await Promise.all([calls.shut(), rest.shut()])),
);

/** Long enough to be met in the midst of it. */
const longBake = (place: Place): void => {
  place.bake = { ...place.bake, seconds: 45, everySeconds: 1 };
};

describe('a cloud that is away', () => {
  it.each(kinds.flatMap((kind) => Object.entries(batches).map(([which, batch]) => ({ kind, which, batch }))))(
    'in the midst of $which, $kind, is waited for: it is said throughout, and each thing is done once',
    async ({ kind, batch }) => {
      const worker = await sandbox.worker(behindGateways());
      const before = (await sandbox.calls()).length;
      const prefix = `${kind.slice(0, 2)}-${batch[0]?.flow.name.slice(0, 2)}`;
      const arrests = batch.map((stop, index) => ({
        ...stop,
        name: `${prefix}-${String(index).padStart(2, '0')}`,
        ...(stop.step === 'bake' && { place: longBake }),
      }));
      try {
        const estates = await createEstates(sandbox, arrests);
        await Promise.all(estates.map(async (estate, index) => arrests[index]?.flow.prepare?.(sandbox, estate)));
        const begun = (await sandbox.calls()).length;
        const reachAll = async (chosen: typeof arrests): Promise<Held[]> =>
          Promise.all(
            chosen.map(async (stop) => {
              const estate = estates[arrests.indexOf(stop)];
              if (!estate) throw new Error(`${stop.name} has no estate`);
              return reach(stop, () => stop.flow.begin(sandbox, estate));
            }),
          );
        // What nothing holds begins last.
        const held = [
          ...(await reachAll(arrests.filter(({ method }) => method !== undefined))),
          ...(await reachAll(arrests.filter(({ method }) => method === undefined))),
        ];
        await away(kind, () => expectSaidWhileAway(sandbox.runs, held, awayMs));
        for (const { name, step, run } of held) {
          const index = arrests.findIndex((arrest) => arrest.name === name);
          const [flow, estate] = [arrests[index]?.flow ?? deployed, estates[index]];
          if (!estate) throw new Error(`${name} has no estate`);
          const where = `${flow.name} ${name} in ${step}`;
          const { change, revision } = await endOf(flow, run, sandbox);
          const calls = (await sandbox.calls()).slice(begun);
          await expectEnded(flow, revision, { sandbox, estate, run, change, calls, where });
        }
        // Another worker knows no run, so it answers from the whole history: which it must be able to follow.
        await worker.kill();
        const second = await sandbox.worker(behindGateways());
        for (const { name, step, run } of held) {
          const { waitingFor, steps } = await sandbox.runs.status(run);
          expect(waitingFor, `${name} in ${step}`).toBeNull();
          expect(
            steps.filter(({ attempts }) => attempts > 1),
            `${name} in ${step}`,
          ).toEqual([]);
        }
        await second.kill();
        expectInvariants((await sandbox.calls()).slice(before));
        await Promise.all(estates.map((estate) => estate.remove()));
      } finally {
        await worker.kill();
      }
    },
    600_000,
  );
});

/** Brings a change to where it should be, and holds it there. Answers the step that makes the call. */
async function reach(
  { name, step, method, nth = 1, after }: Stop & { name: string },
  begin: () => Promise<Held['run']>,
): Promise<Held> {
  const hold = async () => {
    if (method === undefined) return undefined;
    const tries = Array.from({ length: triesHeld }, (_, index) => nth + index);
    const faults = tries.map((one) => ({ method, resource: name, nth: one, kind: 'hang' as const }));
    const [first] = await Promise.all(faults.map((fault) => sandbox.control.addFault(fault)));
    return first;
  };
  const until = (isThere: (running: string[]) => boolean) =>
    sandbox.runs.until(run, ({ steps }) => isThere(runningOf(steps)), reachedWithinMs);
  const early = after === undefined ? await hold() : undefined;
  const run = await begin();
  if (after !== undefined) await until((running) => running.includes(after));
  const first = early ?? (await hold());
  if (first) await sandbox.control.fired(first, reachedWithinMs);
  const { steps } = await until((running) => (first ? running.length > 0 : running.includes(step)));
  return { name, step: runningOf(steps)[0] ?? step, run };
}

function runningOf(steps: ChangeStatus['steps']): string[] {
  return steps.filter(({ state }) => state === 'running').map(({ name }) => name);
}

/** Takes the cloud away for as long as something is looked at. */
async function away(kind: KindOfAway, look: () => Promise<void>): Promise<void> {
  // What is held stays so: an answer never comes.
  await sandbox.control.clearFaults();
  const leave = {
    hanging: async () => void process.kill(sandbox.cloud.pid, 'SIGSTOP'),
    refusing: async () => void (await Promise.all([gateways.calls.shut(), gateways.rest.shut()])),
  };
  const back = {
    hanging: async () => void process.kill(sandbox.cloud.pid, 'SIGCONT'),
    refusing: async () => void (await Promise.all([gateways.calls.open(), gateways.rest.open()])),
  };
  await leave[kind]();
  try {
    await look();
  } finally {
    await back[kind]();
  }
}

function behindGateways(): NodeJS.ProcessEnv {
  const { description } = sandbox;
  return {
    ...sandboxVariables(description),
    SLIPWAY_SANDBOX_DIR: undefined,
    TEMPORAL_ADDRESS: description.temporal?.address,
    SLIPWAY_CLOUD_GRPC: `127.0.0.1:${gateways.calls.port}`,
    SLIPWAY_CLOUD_HTTP: `http://127.0.0.1:${gateways.rest.port}`,
    SLIPWAY_STATE: `${description.dir}/state-of-workers`,
    SLIPWAY_STANDSTILL_SECONDS: sayAfterSeconds,
  };
}
