import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Logs } from '../ports/platform.ts';
import { courseAround, findSymptom, type ChangeMoment, type Course } from './symptom.ts';
import { withTimeLimit } from './time-limit.ts';

/** The log is asked twice for each change, so only the newest ones are compared. */
const maxCompared = 6;
/** The longest that people wait for it, within the 30 s of all evidence. */
const limitMs = 8_000;

/** Says how the most frequent failing lines went around a change. */
export interface LineCourse {
  /** Null if there is too little to say. */
  course: Course | null;
  /** True if the lines began to be many after a later change, too: that one is nearer. */
  isSucceeded: boolean;
}

export const noCourse: LineCourse = { course: null, isSucceeded: false };

/** Compares the most frequent failing lines around each change, by its end. Throws if the log does not answer. */
export async function lineCourses(
  logs: Logs,
  target: TargetEntry,
  moments: readonly ChangeMoment[],
): Promise<Map<string, LineCourse>> {
  const newest = moments.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, maxCompared);
  const until = new Date().toISOString();
  const courses = await withTimeLimit(limitMs, new AbortController().signal, async () => {
    const symptom = newest.length === 0 ? null : await findSymptom(logs, target, until);
    if (symptom === null) return [];
    return Promise.all(newest.map((moment) => courseAround(symptom, moment, until)));
  });
  const nearest = courses.findIndex((course) => course?.kind === 'began');
  const entries = courses.map(
    (course, index) => [newest[index]?.at ?? '', { course, isSucceeded: index > nearest }] as const,
  );
  return new Map(entries);
}
