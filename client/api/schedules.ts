import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleNotFoundError,
  type CalendarSpecDescription,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Schedule, ScheduledType } from '../../contract/catalog/schedules.ts';
import { scheduleId, taskQueue } from '../../contract/ids.ts';
import type { EnvironmentName } from './environment-name.ts';

/** One Temporal Schedule that should be there. */
export interface WantedSchedule extends EnvironmentName {
  workflowType: ScheduledType;
  schedule: Schedule;
}

/** What became of one schedule; `foreign` is one of our name that Slipway has not made. */
export interface AppliedSchedule extends EnvironmentName {
  scheduleId: string;
  workflowType: string;
  action: 'created' | 'updated' | 'unchanged' | 'deleted' | 'kept' | 'foreign';
  /** Somebody has paused it; an update leaves that as it is. */
  paused: boolean;
  /** Times of its next runs. */
  next: string[];
}

export interface ApplyOptions {
  /** Finds out what would be done, and does nothing. */
  dryRun: boolean;
  /** Says of a schedule that is not wanted whether it stays all the same. */
  keeps(name: EnvironmentName): boolean;
}

/** Field of a schedule's memo by which Slipway finds its own; a person's schedules are never touched. */
const memoField = 'slipwaySchedule';
type Marker = EnvironmentName & { workflowType: string };

/**
 * A check that still runs makes a second one useless. One that was missed while Temporal was away is made up for within
 * half a day, once. And one that no worker has made within an hour ends as TimedOut, so that the list shows it.
 */
const policies = { overlap: 'SKIP', catchupWindow: 12 * 3_600_000, pauseOnFailure: false } as const;
const workflowExecutionTimeout = 3_600_000;

const shownTimes = 2;

/** Makes the schedules of the namespace those that are wanted; it deletes only schedules that Slipway has made. */
export async function applySchedules(
  client: Client,
  wanted: readonly WantedSchedule[],
  options: ApplyOptions,
): Promise<AppliedSchedule[]> {
  const applied: AppliedSchedule[] = [];
  for (const one of wanted) applied.push(await applyOne(client, one, options));
  const ids = new Set(applied.map((one) => one.scheduleId));
  for await (const { scheduleId: id, memo } of client.schedule.list()) {
    const marker = markerOf(memo);
    if (marker && !ids.has(id)) applied.push(await removeOne(client, id, marker, options));
  }
  return applied;
}

async function applyOne(client: Client, wanted: WantedSchedule, { dryRun }: ApplyOptions): Promise<AppliedSchedule> {
  const { service, environment, workflowType } = wanted;
  const options = optionsOf(wanted);
  const id = options.scheduleId;
  const handle = client.schedule.getHandle(id);
  const found = await describe(handle);
  const subject = { service, environment, workflowType, scheduleId: id };
  if (found && !markerOf(found.memo)) return { ...subject, action: 'foreign', ...stateOf(found) };
  if (found && isDeepStrictEqual(essenceOf(found), essenceOf(options)))
    return { ...subject, action: 'unchanged', ...stateOf(found) };
  const action = found ? 'updated' : 'created';
  if (dryRun) return { ...subject, action, paused: found?.state.paused ?? false, next: [] };
  if (found) await handle.update(({ state }) => ({ ...options, state }));
  else await client.schedule.create(options);
  return { ...subject, action, ...stateOf(await handle.describe()) };
}

async function removeOne(
  client: Client,
  id: string,
  { service, environment, workflowType }: Marker,
  { dryRun, keeps }: ApplyOptions,
): Promise<AppliedSchedule> {
  const subject = { service, environment, workflowType, scheduleId: id, paused: false, next: [] };
  if (keeps({ service, environment })) return { ...subject, action: 'kept' };
  // The list may still have one that was deleted a moment ago.
  if (!dryRun) await orUndefined(client.schedule.getHandle(id).delete());
  return { ...subject, action: 'deleted' };
}

/** Writes the options so that they are what a description of them says, to be compared with it. */
function optionsOf({ service, environment, workflowType, schedule }: WantedSchedule) {
  const id = scheduleId(workflowType, service, environment);
  return {
    scheduleId: id,
    spec: { calendars: calendarsOf(schedule), timezone: schedule.timeZone },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: id,
      taskQueue,
      args: [{ service, environment }],
      staticSummary: `${workflowType} of ${service} in ${environment}, by its schedule`,
      workflowExecutionTimeout,
    },
    policies,
    memo: { [memoField]: { service, environment, workflowType } satisfies Marker },
    state: { note: 'From the catalog: change it there. ./slipway schedules apply writes over edits, but not a pause.' },
  } satisfies ScheduleOptions;
}

const dayNames = {
  sun: 'SUNDAY',
  mon: 'MONDAY',
  tue: 'TUESDAY',
  wed: 'WEDNESDAY',
  thu: 'THURSDAY',
  fri: 'FRIDAY',
  sat: 'SATURDAY',
} as const;

function calendarsOf({ at, days }: Schedule): CalendarSpecDescription[] {
  const only = <Unit>(value: Unit) => ({ start: value, end: value, step: 1 });
  return at.map((time) => {
    const [hour, minute] = time.split(':').map(Number) as [number, number];
    return {
      second: [only(0)],
      minute: [only(minute)],
      hour: [only(hour)],
      dayOfMonth: [{ start: 1, end: 31, step: 1 }],
      month: [{ start: 'JANUARY', end: 'DECEMBER', step: 1 }],
      year: [],
      dayOfWeek: days?.map((day) => only(dayNames[day])) ?? [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }],
    };
  });
}

/** Picks what a schedule does and when. Whether it is paused is a person's. */
function essenceOf({ spec, action, policies: how }: Pick<ScheduleDescription, 'spec' | 'action' | 'policies'>) {
  const { calendars = [], timezone, intervals = [], skip = [], startAt, endAt, jitter = 0 } = spec;
  const { workflowType, workflowId, taskQueue: queue, args, staticSummary } = action;
  return {
    calendars: calendars.map(({ comment: _comment, ...times }) => times),
    others: { timezone, intervals, skip, startAt, endAt, jitter },
    action: {
      workflowType,
      workflowId,
      queue,
      args,
      staticSummary,
      limit: action.workflowExecutionTimeout as number | undefined,
    },
    how: { overlap: how.overlap, catchupWindow: how.catchupWindow, pauseOnFailure: how.pauseOnFailure },
  };
}

function stateOf({ state, info }: ScheduleDescription): Pick<AppliedSchedule, 'paused' | 'next'> {
  return { paused: state.paused, next: info.nextActionTimes.slice(0, shownTimes).map((time) => time.toISOString()) };
}

function markerOf(memo: Record<string, unknown> | undefined): Marker | undefined {
  const marker = memo?.[memoField];
  return typeof marker === 'object' && marker !== null && 'workflowType' in marker ? (marker as Marker) : undefined;
}

function describe(handle: ScheduleHandle): Promise<ScheduleDescription | undefined> {
  return orUndefined(handle.describe());
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
