import { utcMoment } from '../../contract/utc-moment.ts';

const units: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Writes a duration exactly, to the second: `42 min 10 s`, `1 h 0 min 5 s`, `-3 s`. */
export function durationText(ms: number): string {
  const whole = Math.floor(Math.abs(ms) / 1000) * 1000;
  const first = units.findIndex(([, unit]) => whole >= unit);
  if (first < 0) return '0 s';
  const text = units
    .slice(first)
    .map(([name, unit], index) => `${Math.floor((index === 0 ? whole : whole % previous(name)) / unit)} ${name}`)
    .join(' ');
  return ms < 0 ? `-${text}` : text;
}

/** Writes a moment in UTC, to the second: readers of a report sit in several zones. What is no time stays as it is. */
export function utcText(at: string): string {
  const time = Date.parse(at);
  return Number.isNaN(time) ? at : utcMoment(new Date(time).toISOString());
}

/** Writes the time between two moments; a dash where one is missing. */
export function betweenText(from: string, to: string | null): string {
  const ms = to === null ? NaN : Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? '—' : durationText(ms);
}

function previous(name: string): number {
  return units[units.findIndex(([other]) => other === name) - 1]?.[1] ?? Infinity;
}
