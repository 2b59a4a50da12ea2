import { messageNames, queryNames, type DecideAction } from '../../contract/messages.ts';
import type { ChangeStatus, TimelineEntry, WaitingFor } from '../../contract/status.ts';
import { failureOf, until, type ChangeHandle, type Start } from './harness.ts';
import { eventually } from '../until.ts';
import { commits, developer, owner, type World } from './world.ts';

/** What people start, wait for and say, in the words of the public contract. */

const staging = ({ service }: World) => ({ service, environment: 'staging' });

/** The input of a deploy of the good commit. */
export function deployOf(world: World, changes: object = {}) {
  return { ...staging(world), commit: commits.good, requestedBy: developer, ...changes };
}

/** The input of a rollback to what is known to be good. */
export function rollbackOf(world: World, changes: object = {}) {
  return { ...staging(world), requestedBy: owner, reason: 'errors since the release', ...changes };
}

/** The input of a migration of what serves. */
export function migrateOf(world: World, changes: object = {}) {
  return { ...staging(world), requestedBy: developer, ...changes };
}

/** The input of a restart of what serves. */
export function restartOf(world: World, changes: object = {}) {
  return { ...staging(world), requestedBy: owner, reason: 'stale leases', ...changes };
}

/** The input of a rotation of secrets that have a second version. */
export function rotationOf(world: World, changes: object = {}) {
  return { ...staging(world), requestedBy: developer, secrets: { DATABASE_URL: '2' }, ...changes };
}

/** The input of a drill. */
export function drillOf(world: World, changes: object = {}) {
  return { ...staging(world), requestedBy: developer, reason: 'before the launch', ...changes };
}

/** The input of a release of the good commit. */
export function releaseOf({ service }: World, changes: object = {}) {
  return { service, commit: commits.good, requestedBy: developer, reason: 'release 12', ...changes };
}

/** Deploys where nobody has to approve, and waits for its end. */
export async function release(start: Start, world: World, changes: object = {}) {
  return (await start('deploy', deployOf(world, changes))).result();
}

/** Rolls back where nobody has to approve, and waits for its end. */
export async function rollBack(start: Start, world: World, changes: object = {}) {
  return (await start('rollback', rollbackOf(world, changes))).result();
}

/** Starts a deploy and approves its plan. */
export async function startAndApprove(start: Start, world: World, ...people: string[]): Promise<ChangeHandle> {
  const run = await start('deploy', deployOf(world));
  await approve(run, ...people);
  return run;
}

/** Starts a deploy that holds the environment, parked in its stage. */
export async function parkInStage(start: Start, world: World): Promise<{ run: ChangeHandle; change: string }> {
  world.failNext('stage', 'Unknown', 'nobody knows');
  const run = await start('deploy', deployOf(world));
  const { change } = await untilParked(run);
  return { run, change };
}

/** Waits until somebody is asked: for an approval, or what begins with these words. */
export async function untilAsked(run: ChangeHandle, question?: string): Promise<ChangeStatus> {
  if (question === undefined) return untilWaitingFor(run, 'approval');
  return until(run, ({ waitingFor }) => waitingFor?.what.startsWith(question) === true);
}

/** Waits until a stop of a release waits for somebody. */
export async function untilStopWaits(run: ChangeHandle, stop: string): Promise<ChangeStatus> {
  return until(run, ({ waitingFor }) => waitingFor?.child?.endsWith(`/${stop}`) === true);
}

/** Waits until the plan that people are asked about is another one. */
export async function untilAskedAnew(run: ChangeHandle, before: ChangeStatus): Promise<ChangeStatus> {
  return until(run, ({ waitingFor, plan }) => waitingFor?.kind === 'approval' && plan !== before.plan);
}

/** Answers the question that is open, or the next one, for each of these people. */
export async function approve(run: ChangeHandle, ...people: string[]): Promise<ChangeStatus> {
  const status = await untilAsked(run);
  for (const by of people.length > 0 ? people : [owner])
    await run.executeUpdate(messageNames.approve, { args: [{ by }] });
  return status;
}

/** Approves through a release, for the stop that waits. */
export async function approveStop(run: ChangeHandle, by = owner): Promise<unknown> {
  return run.executeUpdate(messageNames.approve, { args: [{ by }] });
}

/** Decides what a parked run does next. */
export async function decide(
  run: ChangeHandle,
  action: DecideAction,
  more: { by?: string; note?: string; evidence?: string } = {},
): Promise<unknown> {
  return run.executeUpdate(messageNames.decide, { args: [{ action, by: owner, ...more }] });
}

/** Waits until a person has to decide; about one step where it is named. */
export async function untilParked(run: ChangeHandle, step?: string): Promise<ChangeStatus> {
  return until(run, ({ phase, steps }) => phase === 'parked' && (!step || isIn(steps, step, 'parked')));
}

/** Waits until a step is under way. */
export async function untilInStep(run: ChangeHandle, step: string): Promise<ChangeStatus> {
  return until(run, ({ steps }) => isIn(steps, step, 'running'));
}

export async function untilWaitingFor(run: ChangeHandle, kind: WaitingFor['kind']): Promise<ChangeStatus> {
  return until(run, ({ waitingFor }) => waitingFor?.kind === kind);
}

/** Waits until a run was told that a rollback wants its environment: it has been rung for, and has asked. */
export async function untilToldOfRollback(run: ChangeHandle): Promise<void> {
  await eventually('the run hears of the rollback', async () =>
    (await timelineOf(run)).some((line) => line.includes('wants the environment')),
  );
}

export async function statusOf(run: ChangeHandle): Promise<ChangeStatus> {
  return run.query<ChangeStatus>(queryNames.status);
}

export async function timelineOf(run: ChangeHandle): Promise<string[]> {
  return (await run.query<TimelineEntry[]>(queryNames.timeline)).map(({ what }) => what);
}

/** The id by which outside writes name the change. */
export async function changeOf(run: ChangeHandle): Promise<string> {
  return (await statusOf(run)).change;
}

/** Cancels a run and waits for its end; a run that completed all the same is an error. */
export async function cancel(run: ChangeHandle): Promise<{ type: string; message: string }> {
  await run.cancel();
  return failureOf(run);
}

function isIn(steps: ChangeStatus['steps'], step: string, state: string): boolean {
  return steps.some((one) => one.name === step && one.state === state);
}
