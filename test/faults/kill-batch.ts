import { expect } from 'vitest';
import { callsOf, effective, shortMethod } from '../end-to-end/call-log.ts';
import type { Fault, FaultScript } from '../end-to-end/control.ts';
import type { Estate, EstateOptions } from '../end-to-end/estate.ts';
import { expectInvariants } from '../end-to-end/invariants.ts';
import type { Run } from '../end-to-end/runs.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { eventually } from '../until.ts';
import { endOf, expectEnded, type Flow } from './flows.ts';

/** Where a change is when its worker dies. */
export interface Arrest {
  flow: Flow;
  /** Name of the estate, of equal length in a batch: a fault is for the resources whose names contain it. */
  name: string;
  place?: EstateOptions['place'];
  /**
   * Holds the change at one outside call: `hang` before it is made, `delay` applies it after the worker's death,
   * `lost` after it was made.
   */
  fault?: FaultScript;
  /** Or: what the call log shows when it is time; method and step of an effective call. */
  after?: { method: string; step: string };
}

interface Arrested {
  arrest: Arrest;
  estate: Estate;
  run: Run;
  fault: Fault | undefined;
}

const createdAtOnce = 3;
/** Twenty runs at once share two cores, perhaps with something else. */
const reachedWithinMs = 90_000;
/** As without a kill, and some for what is repeated. */
const mostEvents = 200;

/**
 * Begins each flow on an estate of its own, kills the worker (SIGKILL) when each is where it should be, starts
 * another one, and checks every run against the platform: it completed, and wrote and ran each thing once. Answers
 * the names of those that never came to where they should have been (a poll less than the last time).
 */
export async function killedInTheMiddle(sandbox: TestSandbox, arrests: Arrest[]): Promise<string[]> {
  const before = (await sandbox.calls()).length;
  const estates = await createEstates(sandbox, arrests);
  const { arrested, ended, begun } = await arrestAll(sandbox, arrests, estates);
  // A fault that no call of the run has met must not meet one of the test's own.
  await sandbox.control.clearFaults();
  const second = await sandbox.worker();
  try {
    for (const one of arrested) await completed(sandbox, one, begun);
    expectInvariants((await sandbox.calls()).slice(before));
  } finally {
    await second.kill();
  }
  await Promise.all(estates.map((estate) => estate.remove()));
  return ended.filter((name) => name !== undefined);
}

/** Begins the flows and waits until each is where it should be. Whatever comes of it, its worker is dead afterwards. */
async function arrestAll(
  sandbox: TestSandbox,
  arrests: Arrest[],
  estates: Estate[],
): Promise<{ arrested: Arrested[]; ended: (string | undefined)[]; begun: number }> {
  const worker = await sandbox.worker();
  try {
    await Promise.all(estates.map(async (estate, index) => arrests[index]?.flow.prepare?.(sandbox, estate)));
    const begun = (await sandbox.calls()).length;
    const arrested = await Promise.all(
      arrests.map(async (arrest, index): Promise<Arrested> => {
        const estate = estates[index];
        if (!estate) throw new Error(`${arrest.name} has no estate`);
        const fault = arrest.fault && (await sandbox.control.addFault({ resource: arrest.name, ...arrest.fault }));
        return { arrest, estate, fault, run: await arrest.flow.begin(sandbox, estate) };
      }),
    );
    const ended = await Promise.all(
      arrested.map((one) => Promise.race([reached(sandbox, one), one.run.result().then(() => one.arrest.name)])),
    );
    return { arrested, ended, begun };
  } finally {
    await worker.kill();
  }
}

/** Makes an estate for each, a few at a time. */
export async function createEstates(
  sandbox: TestSandbox,
  arrests: readonly Pick<Arrest, 'flow' | 'name' | 'place'>[],
): Promise<Estate[]> {
  const estates: Estate[] = [];
  for (let index = 0; index < arrests.length; index += createdAtOnce) {
    estates.push(
      ...(await Promise.all(
        arrests
          .slice(index, index + createdAtOnce)
          .map(({ flow, name, place }) => sandbox.estate({ ...flow.estate, name, ...(place && { place }) })),
      )),
    );
  }
  return estates;
}

async function reached(sandbox: TestSandbox, { arrest, estate, run, fault }: Arrested): Promise<undefined> {
  if (fault) {
    await sandbox.control.fired(fault, reachedWithinMs);
    return undefined;
  }
  const { change } = await sandbox.runs.until(run, (status) => status.change !== '');
  const { method, step } = arrest.after ?? { method: '', step: '' };
  await eventually(
    `${estate.name} at ${method} of ${step}`,
    async () =>
      effective(callsOf(await sandbox.calls(), change)).some(
        (call) => shortMethod(call) === method && call.markers.step === step,
      ),
    reachedWithinMs,
  );
  return undefined;
}

async function completed(sandbox: TestSandbox, { arrest, estate, run }: Arrested, begun: number): Promise<void> {
  const where = `${arrest.flow.name} ${arrest.name}: ${JSON.stringify(arrest.fault ?? arrest.after)}`;
  const { flow } = arrest;
  const { change, revision } = await endOf(flow, run, sandbox).catch((error: unknown) => {
    throw new Error(`${where} did not end as ${flow.outcome ?? 'completed'}`, { cause: error });
  });
  const calls = (await sandbox.calls()).slice(begun);
  await expectEnded(flow, revision, { sandbox, estate, run, change, calls, where });
  const { historyLength } = await run.describe();
  expect(historyLength, where).toBeLessThanOrEqual(mostEvents);
}
