import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Logs } from '../ports/platform.ts';
import { attempt } from './attempt.ts';
import { courseAround, findSymptom, type ChangeMoment, type Course } from './symptom.ts';
import { withTimeLimit } from './time-limit.ts';

/** The log is asked twice for each change, so only the newest ones are compared. */
const maxCompared = 6;
/** The longest that people wait for an answer of the log, twice: all evidence is there within 30 s of an alert. */
const limitMs = 8_000;

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
  const read = <T>(what: string, look: () => Promise<T>) =>
    attempt(what, unknown, () => withTimeLimit(limitMs, new AbortController().signal, look));
  const symptom = await read('the log', () => findSymptom(logs, target, until));
  if (!symptom) return new Map();
  const courses = await Promise.all(
    newest.map((moment) => read(`the log around ${moment.at}`, () => courseAround(symptom, moment, until))),
  );
  const nearest = courses.findIndex((course) => course?.kind === 'began');
  return new Map(newest.map(({ at }, index) => [at, { course: courses[index] ?? null, isSucceeded: index > nearest }]));
}
