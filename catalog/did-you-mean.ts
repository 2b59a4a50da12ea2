import { closest, distance } from 'fastest-levenshtein';

/** More letters than these are another name, not a slip of the hand. */
const maxDistance = 3;
/** Of a short name fewer letters may differ. */
const maxShare = 0.4;
/** The beginning of a name is a guess at it from so many letters on. */
const minPrefix = 3;

/** Answers the name that was probably meant; undefined where none is near. */
export function similarName(given: string, names: readonly string[]): string | undefined {
  const begun = names.filter((name) => given.length >= minPrefix && name.startsWith(given));
  if (begun.length === 1) return begun[0];
  if (names.length === 0) return undefined;
  const nearest = closest(given, names);
  const far = distance(given, nearest);
  return far <= maxDistance && far <= maxShare * Math.max(given.length, nearest.length) ? nearest : undefined;
}
