import { DateTime } from 'luxon';

/** Writes a span for a person: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Writes a moment in the reader's zone, which it names; with the date when it was another day. */
export function momentText(moment: string, now: Date = new Date()): string {
  const at = localTime(moment);
  return at?.hasSame(DateTime.fromJSDate(now), 'day') ? at.toFormat(timeForm) : datedMomentText(moment);
}

/** Writes a moment in the reader's zone, always with the date: for a record that is kept. */
export function datedMomentText(moment: string): string {
  return localTime(moment)?.toFormat(`yyyy-MM-dd ${timeForm}`) ?? moment;
}

/** Writes the moments within a text, which runs write in UTC, as `datedMomentText` does. */
export function withLocalMoments(text: string): string {
  return text.replace(
    /\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z| UTC)/g,
    (_moment, day: string, time: string) => datedMomentText(`${day}T${time}Z`),
  );
}

function localTime(moment: string): DateTime | null {
  const at = DateTime.fromISO(moment).setLocale('en-GB');
  return at.isValid ? at : null;
}

/** The zone tells the two hours apart that the end of daylight saving time has. */
const timeForm = 'HH:mm:ss ZZZZ';

/** Writes how long something took, or has taken until now; empty before it began. */
export function tookText(startedAt: string | null, endedAt: string | null, now: Date = new Date()): string {
  if (startedAt === null) return '';
  const end = endedAt === null ? now : new Date(endedAt);
  return spanText(end.getTime() - new Date(startedAt).getTime());
}

/** Writes how long ago something was, so coarsely that it seldom changes: `20 s ago`, `5 min ago`, `3 d ago`. */
export function agoText(moment: string, now: Date): string {
  const seconds = Math.max(0, now.getTime() - Date.parse(moment)) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
