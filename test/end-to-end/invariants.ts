import { expect } from 'vitest';
import { compareFences, parseFence } from '../../contract/fence.ts';
import { effective, shortMethod, type Call } from './call-log.ts';
import type { Estate } from './estate.ts';

/**
 * The invariants as the platform's own call log shows them, not as our state says. Each answers its violations, empty
 * when it holds.
 */

/**
 * I1: at most one effective mutation a change, step, target and attempt. An execution counts for its job, whatever
 * its name.
 */
function repeatedMutations(calls: readonly Call[]): string[] {
  const groups = Map.groupBy(effective(marked(calls)), (call) => {
    const { change, step, attempt } = call.markers;
    return [change, step, attempt, shortMethod(call), call.resource.replace(/\/executions\/.*$/, '')].join(' ');
  });
  return [...groups].filter(([, { length }]) => length > 1).map(([key, { length }]) => `${length} times: ${key}`);
}

/** I3: on one resource the changes follow one another, and no write is behind an earlier one. */
export function overlappingChanges(calls: readonly Call[]): string[] {
  const byTarget = Map.groupBy(effective(marked(calls)), ({ resource }) => resource.replace(/\/executions\/.*$/, ''));
  return [...byTarget].flatMap(([resource, writes]) => [
    ...returning(resource, writes),
    ...goingBack(resource, writes),
  ]);
}

/**
 * A write that changed the platform and says nothing of who made it, though it is in a change's name that writes
 * happen.
 */
export function unmarkedMutations(calls: readonly Call[], resource: RegExp): string[] {
  return effective(calls)
    .filter(
      (call) =>
        resource.test(call.resource) &&
        !(call.markers.change && call.markers.step && call.markers.attempt && call.markers.fence),
    )
    .map((call) => `${shortMethod(call)} ${call.resource} (seq ${call.seq})`);
}

/** Asserts I2 at rest, as Google's own clients read it: one digest serves, and is in the template and in the job. */
export async function expectParity(estate: Estate, scenario: string, where?: string): Promise<void> {
  const image = await estate.image(scenario);
  const expected = { serving: [{ image, percent: 100 }], templateImage: image, jobImage: image };
  expect(await estate.served(), where).toMatchObject(expected);
}

/** Asserts I1 and I3 over everything that is in the log. */
export function expectInvariants(calls: readonly Call[]): void {
  expect(repeatedMutations(calls)).toEqual([]);
  expect(overlappingChanges(calls)).toEqual([]);
}

/** Executions that a change started of a job. */
export function executionsStarted(calls: readonly Call[], change: string): Call[] {
  return calls.filter(
    ({ effect, markers, resource }) =>
      effect === 'started' && markers.change === change && resource.includes('/executions/'),
  );
}

function marked(calls: readonly Call[]): Call[] {
  return calls.filter(
    ({ markers }) => markers.change !== undefined && markers.step !== undefined && markers.step !== 'by-hand',
  );
}

function returning(resource: string, writes: Call[]): string[] {
  // A change that gave way to a freeze comes back under another grant.
  const order = writes
    .map(({ markers }) => `${markers.change} under ${parseFence(markers.fence)?.number}`)
    .filter((holder, index, all) => holder !== all[index - 1]);
  return order
    .filter((holder, index) => order.indexOf(holder) !== index)
    .map((holder) => `${holder} wrote to ${resource} again after another change had`);
}

function goingBack(resource: string, writes: Call[]): string[] {
  return writes.flatMap((call, index) => {
    const [fence, before] = [parseFence(call.markers.fence), parseFence(writes[index - 1]?.markers.fence)];
    return fence && before && compareFences(fence, before) < 0
      ? [`seq ${call.seq} on ${resource} has fence ${call.markers.fence}, behind ${writes[index - 1]?.markers.fence}`]
      : [];
  });
}
