import { createHash } from 'node:crypto';
import type { ChangeEntry, Served } from '../../../contract/ledger.ts';
import type { SeedChange } from './seed.ts';

/** A commit of a seed, in the order of its history. */
export interface SeededCommit {
  commit: string;
  subject: string;
  author: string;
}

/** What a seed's changes have left: the ledger, and the history of the code. */
export interface SeededLedger {
  entries: ChangeEntry[];
  history: SeededCommit[];
  /** What serves at a minute. */
  servedAt(minute: number): Served;
}

/** Traffic goes to a release so long before the release has baked and stands in the ledger. */
const bakeMinutes = 2;

export const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The state that a commit serves as. */
export function stateOf(name: string, commit: string): Served {
  return { revision: `runtime-${name.replaceAll(' ', '-')}`, digest: `sha256:${hexOf(commit)}`, commit };
}

/** Writes the ledger that Slipway would have of these changes; the alert fires at `alertAt`. */
export function ledgerOf(changes: readonly SeedChange[], alertAt: number): SeededLedger {
  const history: SeededCommit[] = [];
  const addCommits = (subjects: readonly string[]) => {
    for (const subject of subjects)
      history.push({ commit: hexOf(subject).slice(0, 40), subject, author: 'a developer' });
    return history.at(-1)?.commit ?? '';
  };
  let served = stateOf('first', addCommits(['Begin']));
  const states: { from: number; state: Served }[] = [{ from: -Infinity, state: served }];
  const ofChange = new Map<string, Served>();
  const entries = changes.map((change): ChangeEntry => {
    const before = served;
    const { name, kind = 'deploy', minutes, commits = [], isSettingsOnly, isRestored, to, migrations = [] } = change;
    const brought = kind === 'migrate' ? before : broughtBy();
    served = isRestored ? before : brought;
    ofChange.set(name, served);
    const shiftedAt = kind === 'deploy' ? minutes - bakeMinutes : minutes;
    if (served !== before) states.push({ from: shiftedAt, state: served });
    return entryOf(change, { before, brought, served, at: new Date(alertAt + minutes * 60_000).toISOString() });

    function broughtBy(): Served {
      if (isSettingsOnly) return { ...before, revision: stateOf(name, '').revision };
      const goal = to === undefined ? undefined : ofChange.get(to);
      if (goal) return { ...goal, revision: stateOf(name, '').revision };
      return stateOf(name, addCommits([...commits, ...migrations]));
    }
  });
  return {
    entries,
    history,
    servedAt: (minute) => states.findLast(({ from }) => from <= minute)?.state ?? served,
  };
}

export const changeIdOf = (name: string): string => `c${hexOf(name).slice(0, 10)}`;

interface States {
  before: Served;
  brought: Served;
  served: Served;
  at: string;
}

function entryOf(
  { name, kind = 'deploy', isRestored, migrations = [] }: SeedChange,
  { before, brought, served, at }: States,
): ChangeEntry {
  return {
    kind,
    change: changeIdOf(name),
    outcome: isRestored ? 'RolledBack: the bake failed' : `${kind} done`,
    by: 'developer@example.com',
    reason: '',
    commit: brought.commit,
    digest: brought.digest,
    revision: kind === 'migrate' ? null : brought.revision,
    plan: hexOf(`plan of ${name}`),
    migrations,
    schema: null,
    verified: !isRestored,
    serves: kind === 'migrate' ? 'unchanged' : served,
    before,
    irreversible: false,
    hold: isRestored ? { digest: brought.digest, commit: brought.commit, reason: 'the bake failed' } : null,
    approvals: [],
    number: 1,
    at,
    previous: '',
    hash: hexOf(name),
  };
}
