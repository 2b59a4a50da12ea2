import { readsLogsAtSource, type TargetEntry } from '../../contract/catalog/targets/index.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import type { Logs } from '../ports/platform.ts';
import { attempt } from './attempt.ts';
import { courseAround, findSymptom, type ChangeMoment, type Course } from './symptom.ts';

/** The log is asked twice for each change, so only the newest ones are compared. */
const maxCompared = 6;
/** Before a change so much of the log has to be there, that its lines can be compared. */
const minMinutesBefore = 5;
const msOfMinute = 60_000;

/** Says how the most frequent failing lines went around a change. */
export interface LineCourse {
  /** Null if there is too little to say. */
  course: Course | null;
  /** True if the lines began to be many after a later change, too: that one is nearer. */
  isSucceeded: boolean;
}

export const noCourse: LineCourse = { course: null, isSucceeded: false };

/** Compares the most frequent failing lines around each change; answers by its end. Notes what it could not read. */
export async function lineCourses(
  logs: Logs,
  target: TargetEntry,
  moments: readonly ChangeMoment[],
  unknown: string[],
): Promise<Map<string, LineCourse>> {
  const newest = moments.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, maxCompared);
  if (newest.length === 0) return new Map();
  const until = new Date().toISOString();
  const read = <T>(what: string, look: () => Promise<T>) => attempt(what, unknown, look);
  const [symptom, begin] = await Promise.all([
    read('the log', () => findSymptom(logs, target, until)),
    readsLogsAtSource(target) ? read('the beginning of the log', () => beginningOf(logs, target, newest)) : null,
  ]);
  if (!symptom || begin === undefined) return new Map();
  const courses = await Promise.all(
    newest.map((moment) =>
      read(`the log around ${utcMoment(moment.at)}`, async () => {
        if (begin !== null) requireBefore(moment, begin);
        return courseAround(symptom, moment, until);
      }),
    ),
  );
  const nearest = courses.findIndex((course) => course?.kind === 'began');
  return new Map(newest.map(({ at }, index) => [at, { course: courses[index] ?? null, isSucceeded: index > nearest }]));
}

/**
 * Answers the time of the oldest line. Where logs are read from the instances, those of earlier ones are gone, and
 * their silence proves nothing.
 */
async function beginningOf(logs: Logs, target: TargetEntry, moments: readonly ChangeMoment[]): Promise<string> {
  const oldest = Math.min(...moments.map(({ at }) => Date.parse(at)));
  const since = new Date(oldest - 2 * minMinutesBefore * msOfMinute).toISOString();
  const [first] = await logs.read(target, { filter: '', since, until: null, oldestFirst: true }, 1);
  return first?.timestamp ?? new Date().toISOString();
}

function requireBefore({ at }: ChangeMoment, begin: string): void {
  if (Date.parse(begin) > Date.parse(at) - minMinutesBefore * msOfMinute)
    throw new Error(`it begins at ${utcMoment(begin)} only, with the instances that write it`);
}
