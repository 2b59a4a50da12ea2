import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { Suspect } from '../../contract/incident/status.ts';
import { changeEntries, runningRevision, type ChangeEntry, type LedgerEntry } from '../../contract/ledger.ts';
import { oneLine } from '../one-line.ts';
import type { Ports } from '../ports/index.ts';
import { rankChange, scores } from './suspect-rules.ts';

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

const maxSuspects = 5;
const maxCommits = 5;

/**
 * Ranks what may have caused an incident: changes of the ledger, the change under way, and what somebody has changed by
 * hand. The rules stand in `suspect-rules.ts`, and each place has its reasons.
 */
export function createSuspectActivities(ports: Pick<Ports, 'environments' | 'evidence' | 'sources' | 'targets'>) {
  return {
    async findSuspects(request: SuspectsRequest): Promise<SuspectsFound> {
      const { entry, onset } = request;
      const unknown: string[] = [];
      const known = await attempt('the environment', unknown, () =>
        ports.environments.statusOf(entry.service, entry.environment),
      );
      const ledger =
        known?.ledger ??
        (await attempt('the ledger', unknown, () => ports.evidence.readLedger(entry.service, entry.environment))) ??
        [];
      const recent = changesBefore(ledger, request);
      const ranked = await Promise.all(recent.map((change) => suspectOf(request, change, ledger, unknown)));
      const byHand = await attempt('changes by hand', unknown, () => editsByHand(entry, ledger, onset));
      const suspects = [...ranked, ...underWay(known ?? null, onset), ...(byHand ?? [])];
      return { suspects: suspects.sort(byScore).slice(0, maxSuspects), unknown };
    },
  };

  async function suspectOf(
    request: SuspectsRequest,
    change: ChangeEntry,
    ledger: readonly LedgerEntry[],
    unknown: string[],
  ): Promise<Suspect> {
    const commits = await attempt(`the commits of ${change.change}`, unknown, () => commitsOf(request.entry, change));
    const serves = runningRevision(ledger)?.change === change.change;
    const { score, reasons } = rankChange(change, { ...request, serves, commits: commits ?? [] });
    const { kind, commit, by, outcome, at } = change;
    const what = oneLine(`${kind} of ${commit.slice(0, 12) || 'an unknown commit'} by ${by}: ${outcome}`);
    return { change: change.change, what, at, commit, score, reasons, commits: commits ?? [] };
  }

  async function commitsOf({ repository }: CatalogEntry, { before, commit }: ChangeEntry): Promise<string[]> {
    if (!before?.commit || !commit || before.commit === commit) return [];
    const { newest } = await ports.sources.between(repository, before.commit, commit);
    return newest
      .slice(0, maxCommits)
      .map(({ commit: id, subject, author }) => oneLine(`${id.slice(0, 12)} ${subject} (${author})`));
  }

  /** Finds what serves but is not what the ledger says, and fields that somebody else has set. */
  async function editsByHand(
    { settings: { target } }: CatalogEntry,
    ledger: readonly LedgerEntry[],
    onset: string,
  ): Promise<Suspect[]> {
    const serves = runningRevision(ledger);
    if (!serves) return [];
    const { digest, commit } = serves;
    const expected = { artifact: { image: '', digest, commit }, revision: null, withJob: false, withDrift: true };
    const { problems } = await ports.targets[target.kind].readBack(target, expected);
    return problems.map((problem) => {
      const reasons = [`+${scores.byHand} it is not what Slipway released; nobody recorded when it changed`];
      const what = oneLine(`changed by hand: ${problem}`);
      return { change: '', what, at: onset, commit: '', score: scores.byHand, reasons, commits: [] };
    });
  }
}

/** Runs a look that must not stop the others; notes that it did not answer. */
async function attempt<T>(what: string, unknown: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    unknown.push(oneLine(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`));
    return undefined;
  }
}

function changesBefore(ledger: readonly LedgerEntry[], { onset, hours }: SuspectsRequest): ChangeEntry[] {
  const end = Date.parse(onset);
  return changeEntries(ledger).filter(({ at }) => {
    const ended = Date.parse(at);
    return ended <= end && ended >= end - hours * 3_600_000;
  });
}

/** A change that holds the environment may have given users something already. */
function underWay(status: EnvironmentStatus | null, onset: string): Suspect[] {
  const holder = status?.holder;
  if (!holder || Date.parse(holder.since) > Date.parse(onset)) return [];
  const { kind, commit, owner, change, since } = holder;
  const what = `${kind} of ${commit.slice(0, 12) || 'an unknown commit'} by ${owner}: under way`;
  const reasons = [`+${scores.underWay} it was under way at the onset`];
  return [{ change, what, at: since, commit, score: scores.underWay, reasons, commits: [] }];
}

function byScore(a: Suspect, b: Suspect): number {
  return b.score - a.score || Date.parse(b.at) - Date.parse(a.at);
}
