import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { maxSuspects, type Suspect } from '../../contract/incident/status.ts';
import { changeEntries, runningRevision, type ChangeEntry, type LedgerEntry } from '../../contract/ledger.ts';
import { describeBroken } from '../../contract/step-back.ts';
import { commitLines } from '../commit-lines.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { oneLine } from '../one-line.ts';
import type { Ports } from '../ports/index.ts';
import { attempt, noteSilence } from './attempt.ts';
import { suspectEvents } from './event-suspects.ts';
import { ledgerInTime } from './ledger-in-time.ts';
import { lineCourses, noCourse, type LineCourse } from './line-courses.ts';
import { broughtBy, rankChange, rulesOfLines, scores, sumOf, type RankingFacts } from './suspect-rules.ts';
import type { ChangeMoment } from './symptom.ts';

export interface SuspectsRequest {
  entry: CatalogEntry;
  /** When the symptom began (RFC 3339). */
  onset: string;
  /** Changes that ended so long before the onset are looked at. */
  hours: number;
  /** Words of the incident's category; empty while none is known. */
  words: readonly string[];
}

export interface SuspectsFound {
  suspects: Suspect[];
  /** What could not be looked at, one line each; empty if all of it could (invariant I10). */
  unknown: string[];
}

type Holder = NonNullable<EnvironmentStatus['holder']>;

/** What the changes of one incident are judged by. */
interface Facts {
  request: SuspectsRequest;
  ledger: readonly LedgerEntry[];
  /** How the log went around each change, by its time. */
  courses: ReadonlyMap<string, LineCourse>;
  /** Takes what could not be looked at. */
  unknown: string[];
}

/** A change that ended so long after the onset may have reached users before it. */
const lateMinutes = 30;

/**
 * Ranks what may have caused an incident: changes of the ledger, the change under way, and what somebody has changed by
 * hand. The rules stand in `suspect-rules.ts`, and each place has its reasons.
 */
export function createSuspectActivities(
  ports: Pick<Ports, 'environments' | 'evidence' | 'logs' | 'sources' | 'targets'>,
) {
  return {
    /** Ranks what answers in time; what does not is said. */
    findSuspects: async (request: SuspectsRequest): Promise<SuspectsFound> => withHeartbeat(() => find(request)),
  };

  async function find(request: SuspectsRequest): Promise<SuspectsFound> {
    const { entry, onset } = request;
    const unknown: string[] = [];
    const { signal } = new AbortController();
    const found = await attempt('the ledger', unknown, () =>
      ledgerInTime(ports, entry, signal, (error) => noteSilence('the environment', unknown, error)),
    );
    const { status, ledger } = found ?? { status: null, ledger: [] };
    const recent = changesAround(ledger, request);
    const holder = holderBefore(status, onset);
    const moments = [...recent.map(momentOf), ...(holder ? [{ at: holder.since, revision: '' }] : [])];
    const [courses, byHand] = await Promise.all([
      lineCourses(ports.logs, entry.settings.target, moments, unknown),
      // What a change under way has done so far is in no ledger, and is nobody's hand.
      holder ? [] : attempt('changes by hand', unknown, () => editsByHand(entry, ledger, onset)),
    ]);
    const facts: Facts = { request, ledger, courses, unknown };
    const ranked = await Promise.all(recent.map((change) => suspectOf(change, facts)));
    const events = suspectEvents(ledger, request);
    const suspects = [...ranked, ...(holder ? [underWay(holder, facts)] : []), ...(byHand ?? []), ...events];
    return { suspects: suspects.sort(byScore).slice(0, maxSuspects), unknown };
  }

  async function suspectOf(change: ChangeEntry, facts: Facts): Promise<Suspect> {
    const { request, unknown, courses } = facts;
    const commits = await attempt(`the commits of ${change.change}`, unknown, () => commitsOf(request.entry, change));
    const serves = await servedOf(change, facts);
    const { score, reasons } = rankChange(change, {
      ...request,
      serves,
      commits: commits ?? [],
      ...(courses.get(change.at) ?? noCourse),
    });
    const { kind, commit, by, outcome, at } = change;
    const what = oneLine(`${describeBroken({ kind, commit })} by ${by}: ${outcome}`);
    const isCovered = typeof change.serves === 'object' && serves !== 'all';
    const wayBack = isCovered ? change.before?.revision : undefined;
    const suspect = { change: change.change, what, at, commit, score, reasons, commits: commits ?? [] };
    return wayBack ? { ...suspect, wayBack } : suspect;
  }

  async function commitsOf({ repository }: CatalogEntry, { before, commit }: ChangeEntry): Promise<string[]> {
    if (!before?.commit || !commit || before.commit === commit) return [];
    const { newest } = await ports.sources.between(repository, before.commit, commit);
    return commitLines(newest);
  }

  /** Says what serves of a change: newer code has older code in it, unless it was taken back. */
  async function servedOf(change: ChangeEntry, { request, ledger, unknown }: Facts): Promise<RankingFacts['serves']> {
    const running = runningRevision(ledger);
    const { serves } = change;
    if (!running || typeof serves !== 'object') return 'nothing';
    const { hasCode, hasSettings } = broughtBy(change);
    if (hasCode && serves.digest === running.digest) return 'all';
    if (hasSettings && serves.revision === running.revision) return 'all';
    if (!hasCode || !serves.commit || !running.commit) return 'nothing';
    const isContained = await attempt(`whether what serves has ${change.change} in it`, unknown, () =>
      ports.sources.includes(request.entry.repository, running.commit, serves.commit),
    );
    return isContained === undefined ? 'unknown' : isContained ? 'contained' : 'nothing';
  }

  /** Finds what serves but is not what the ledger says, and fields that somebody else has set. */
  async function editsByHand(
    { settings: { target } }: CatalogEntry,
    ledger: readonly LedgerEntry[],
    onset: string,
  ): Promise<Suspect[]> {
    const serves = runningRevision(ledger);
    if (!serves) return [];
    const { digest, commit, revision } = serves;
    const expected = { artifact: { image: '', digest, commit }, revision, withJob: false, withDrift: true };
    const { problems } = await ports.targets[target.kind].readBack(target, expected);
    return problems.map((problem) => {
      const reasons = [`+${scores.byHand} it is not what Slipway released; nobody recorded when it changed`];
      const what = oneLine(`changed by hand: ${problem}`);
      return { change: '', what, at: onset, commit: '', score: scores.byHand, reasons, commits: [] };
    });
  }
}

/** Selects the changes before the onset, and those that may have begun before it; no rollback since then is one. */
function changesAround(ledger: readonly LedgerEntry[], { onset, hours }: SuspectsRequest): ChangeEntry[] {
  const begin = Date.parse(onset);
  return changeEntries(ledger).filter(({ at, kind }) => {
    const minutesLate = (Date.parse(at) - begin) / 60_000;
    const isLate = minutesLate > 0 && minutesLate <= lateMinutes && kind !== 'rollback';
    return isLate || (minutesLate <= 0 && minutesLate >= -hours * 60);
  });
}

function momentOf({ at, serves, before }: ChangeEntry): ChangeMoment {
  const revision = typeof serves === 'object' && serves.revision !== before?.revision ? serves.revision : '';
  return { at, revision };
}

function holderBefore(status: EnvironmentStatus | null, onset: string): Holder | null {
  const holder = status?.holder ?? null;
  return holder && Date.parse(holder.since) <= Date.parse(onset) ? holder : null;
}

/** A change that holds the environment may have given users something already. */
function underWay({ kind, commit, owner, change, since }: Holder, { courses }: Facts): Suspect {
  const what = `${describeBroken({ kind, commit })} by ${owner}: under way`;
  const { score, reasons } = sumOf([
    [true, scores.underWay, 'it was under way at the onset'],
    ...rulesOfLines(since, courses.get(since) ?? noCourse),
  ]);
  return { change, what, at: since, commit, score, reasons, commits: [] };
}

function byScore(a: Suspect, b: Suspect): number {
  return b.score - a.score || Date.parse(b.at) - Date.parse(a.at);
}
