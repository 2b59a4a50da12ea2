import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import { failureSearch, logSearch } from '../../contract/catalog/targets/index.ts';
import type { LogEntry, LogQuery, Logs } from '../ports/platform.ts';
import { groupsOf, maxEntries, tellsOfFailure, withoutNumbers } from './log-lines.ts';

/** Minutes in which the line has to come that counts as the symptom, and how often. */
const recentMinutes = 15;
const minLines = 3;
/** A shorter text would be found in other lines, too. */
const minTextLength = 8;
/** Lines are many if there are so many times as many as before. */
const rise = 5;
/** The time around a change in which its lines are compared. */
const minMinutes = 5;
const maxMinutes = 60;
/** A change that ran without such lines for so long has not brought them. */
const longEnoughMinutes = 10;
const msOfMinute = 60_000;

/** Finds the lines that are the symptom of an incident: the failing ones that come most often now. */
export interface Symptom {
  read(query: Omit<LogQuery, 'filter'>): Promise<LogEntry[]>;
}

/** Says how the lines of a symptom went around a change. */
export type Course =
  /** They began to be many after it; `at` is when (RFC 3339). */
  | { kind: 'began'; at: string }
  /** They came before it as well. */
  | { kind: 'cameBefore' }
  /** Hardly any came in the minutes after it. */
  | { kind: 'stayedAway'; minutes: number };

/** The end of a change, and the revision that it brought; empty if it brought none. */
export interface ChangeMoment {
  at: string;
  revision: string;
}

/** Finds the symptom in a log; null if no failing line comes often enough. */
export async function findSymptom(logs: Logs, target: TargetEntry, until: string): Promise<Symptom | null> {
  const since = minutesBefore(until, recentMinutes);
  const failing = await logs.read(target, { filter: failureSearch(target), since, until }, maxEntries);
  const [most = []] = groupsOf(failing, (entry) => withoutNumbers(messageOf(entry)));
  const text = most[0] ? constantPart(messageOf(most[0])) : '';
  if (most.length < minLines || text.length < minTextLength) return null;
  const filter = logSearch(target, text);
  return {
    read: async (query) => (await logs.read(target, { filter, ...query }, maxEntries)).filter(tellsOfFailure),
  };
}

/** Compares the lines of a symptom before and after a change; null if there is too little to say. */
export async function courseAround(symptom: Symptom, change: ChangeMoment, until: string): Promise<Course | null> {
  const minutes = Math.min(maxMinutes, Math.max(minMinutes, minutesBetween(change.at, until)));
  const end = earlier(until, minutesBefore(change.at, -minutes));
  const [earlierLines, laterLines] = await Promise.all([
    symptom.read({ since: minutesBefore(change.at, minutes), until: change.at }),
    symptom.read({ since: change.at, until: end, oldestFirst: true }),
  ]);
  // A release gets its traffic before it stands in the ledger.
  const isOwn = ({ revision }: LogEntry) => revision !== '' && revision === change.revision;
  const before = earlierLines.filter((entry) => !isOwn(entry));
  const after = [...earlierLines.filter(isOwn).reverse(), ...laterLines];
  const usual = rateOf(before, change.at, minutes);
  const began = beginningOf(after, usual);
  if (began) return { kind: 'began', at: began };
  if (Math.max(before.length, after.length) >= minLines) return { kind: 'cameBefore' };
  const passed = minutesBetween(change.at, end);
  return passed < longEnoughMinutes ? null : { kind: 'stayedAway', minutes: Math.round(passed) };
}

/** Answers when lines began to be many times as many as usual, if they are; the oldest stands first. */
function beginningOf(lines: readonly LogEntry[], usual: number): string | null {
  const [first] = lines;
  const last = lines.at(-1);
  if (!first || !last || lines.length < minLines) return null;
  const isMany = ({ timestamp }: LogEntry, index: number) =>
    index + 1 >= minLines + rise * usual * minutesBetween(first.timestamp, timestamp);
  return lines.find((entry, index) => index + 1 >= minLines && isMany(entry, index))?.timestamp ?? null;
}

/** Counts lines a minute. A page that is full does not reach back to the beginning of the time. */
function rateOf(newestFirst: readonly LogEntry[], until: string, minutes: number): number {
  const oldest = newestFirst.at(-1);
  const isFull = newestFirst.length >= maxEntries;
  const span = oldest && isFull ? minutesBetween(oldest.timestamp, until) : minutes;
  return newestFirst.length / Math.max(span, 1 / 60);
}

function messageOf({ text, fields }: LogEntry): string {
  return fields['message'] ?? text;
}

/** Takes the longest part of a message that is the same in all of its kind, and that every log can be asked for. */
function constantPart(message: string): string {
  const parts = withoutNumbers(message).split(/[#"\\]/);
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '').trim();
}

function minutesBetween(from: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(from)) / msOfMinute);
}

function minutesBefore(at: string, minutes: number): string {
  return new Date(Date.parse(at) - minutes * msOfMinute).toISOString();
}

function earlier(a: string, b: string): string {
  return Date.parse(a) < Date.parse(b) ? a : b;
}
