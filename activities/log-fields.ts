import { oneLine } from './one-line.ts';

const maxFields = 40;
const maxValueLength = 200;

/**
 * Lists the single values of a structured line by name; those of an object in it as `object.name`. Deeper ones and
 * lists are left out.
 */
export function logFields(line: Record<string, unknown>): Record<string, string> {
  const fields = Object.entries(line).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, one]): [string, unknown] => [`${name}.${inner}`, one])
      : [[name, value] as [string, unknown]],
  );
  return Object.fromEntries(
    fields
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .slice(0, maxFields)
      .map(([name, value]) => [
        oneLine(name).slice(0, maxValueLength),
        oneLine(String(value)).slice(0, maxValueLength),
      ]),
  );
}
