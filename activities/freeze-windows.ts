import { DateTime } from 'luxon';
import { weekdays, type FreezeWindow } from '../contract/catalog/freezes.ts';
import type { FrozenTime } from '../contract/environment.ts';
import type { Ports } from './ports/index.ts';

/**
 * Days around a moment in which windows are looked for: one that began yesterday may be on, and each comes back within
 * a week.
 */
const daysBefore = 2;
const daysAfter = 15;

interface Span {
  window: FreezeWindow;
  since: number;
  until: number;
}

export interface NextFreezeRequest {
  service: string;
  environment: string;
  /** The end of an occurrence that a person has ended; null if nobody has. */
  after: string | null;
}

/** Finds the freezes of the catalog as instants. The environment's workflow computes no time zones. */
export function createFreezeActivities({ catalog }: Pick<Ports, 'catalog'>) {
  return {
    /** Finds the window that is on, or the next one. `windows` is what it was computed from. */
    async nextFreeze({
      service,
      environment,
      after,
    }: NextFreezeRequest): Promise<{ window: FrozenTime | null; windows: string }> {
      const entry = await catalog.resolve(service, environment);
      // Retried: a catalog that cannot be read now is no catalog without freezes.
      if ('message' in entry) throw new Error(`${entry.path}: ${entry.message}`);
      const { freezes } = entry.settings;
      return { window: frozenTime(freezes ?? [], new Date(), after), windows: windowsKey(freezes) };
    },
  };
}

/** Makes a key that tells one set of windows from another. */
function windowsKey(freezes: FreezeWindow[] | undefined): string {
  return freezes ? JSON.stringify(freezes) : '';
}

/**
 * Finds the time that is frozen now, or the next one; null if none is to come. Windows that touch or overlap are one.
 */
export function frozenTime(windows: readonly FreezeWindow[], at: Date, after: string | null = null): FrozenTime | null {
  const from = after === null ? -Infinity : Date.parse(after);
  const spans = windows.flatMap((window) => occurrences(window, at)).sort((a, b) => a.since - b.since);
  const [found] = merged(spans).filter((group) => untilOf(group) > at.getTime() && untilOf(group) > from);
  if (!found) return null;
  const distinct = [...new Set(found.map(({ window }) => window))];
  return {
    name: distinct.map(({ name }) => name).join(', '),
    reason: distinct.map(({ reason }) => reason).join('; '),
    since: new Date(Math.min(...found.map(({ since }) => since))).toISOString(),
    until: new Date(untilOf(found)).toISOString(),
  };
}

function merged(spans: Span[]): Span[][] {
  const groups: Span[][] = [];
  for (const span of spans) {
    const last = groups.at(-1);
    if (last && span.since <= untilOf(last)) last.push(span);
    else groups.push([span]);
  }
  return groups;
}

function untilOf(group: Span[]): number {
  return Math.max(...group.map(({ until }) => until));
}

function occurrences(window: FreezeWindow, at: Date): Span[] {
  const { days, from, to, timeZone, since, until } = window;
  if (since && until) return [{ window, since: Date.parse(since), until: Date.parse(until) }];
  if (!days || !from || !to || !timeZone) return [];
  const today = DateTime.fromJSDate(at, { zone: timeZone }).startOf('day');
  const all = Array.from({ length: daysBefore + daysAfter + 1 }, (_, index) =>
    today.plus({ days: index - daysBefore }),
  );
  return all
    .filter((day) => days.includes(weekdays[day.weekday - 1] ?? 'mon'))
    .map((day) => ({ window, since: first(day, from), until: last(to > from ? day : day.plus({ days: 1 }), to) }));
}

/**
 * Finds the first moment of a time of day. When clocks are set back it comes twice: a freeze begins at the first and
 * ends at the second. When it is left out, it counts an hour later.
 */
function first(day: DateTime, time: string): number {
  return Math.min(...moments(day, time));
}

function last(day: DateTime, time: string): number {
  return Math.max(...moments(day, time));
}

function moments(day: DateTime, time: string): number[] {
  const [hour, minute] = time.split(':').map(Number);
  return day
    .set({ hour, minute })
    .getPossibleOffsets()
    .map((moment) => moment.toMillis());
}
