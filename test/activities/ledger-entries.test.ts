import { describe, expect, it } from 'vitest';
import { inlineOf } from '../../contract/ledger-inline.ts';
import { addToSummary, emptySummary } from '../../contract/ledger-memory.ts';
import {
  commitIn,
  ledgerEntry,
  runningRevision,
  unreleasedSchemaChanges,
  type LedgerEntry,
} from '../../contract/ledger.ts';
import { commits, digestOfCommit } from '../workflows/world.ts';
import { ledgerEntry as changeEntry } from './ledger.ts';

const chain = { number: 1, at: '2026-01-01T00:00:00Z', previous: '', hash: 'h' };
const event = { outcome: 'something', by: 'ann@example.com', reason: '' };
const served = { revision: 'service-1', digest: digestOfCommit(commits.good), commit: commits.good };
const entries = {
  change: changeEntry(commits.good, { serves: served }),
  unclean: { kind: 'unclean', change: 'c1', serves: served, accepts: [], ...event, ...chain },
  lift: { kind: 'lift', change: 'c1', commit: commits.bad, digest: served.digest, ...event, ...chain },
  freeze: { kind: 'freeze', until: null, ...event, ...chain },
  unfreeze: { kind: 'unfreeze', windowEnd: null, ...event, ...chain },
} satisfies Record<string, LedgerEntry>;

describe('an entry of the ledger', () => {
  it.each(Object.entries(entries))('has exactly the fields of its kind: %s', (_name, entry) => {
    expect(ledgerEntry.parse({ ...entry, extra: true })).toEqual(entry);
    for (const field of Object.keys(entry)) {
      const { [field]: _left, ...rest } = entry as Record<string, unknown>;
      expect(ledgerEntry.safeParse(rest).success, `${entry.kind} without ${field}`).toBe(false);
    }
  });

  it('names the commit that it is about', () => {
    expect(Object.values(entries).map((entry) => commitIn(entry))).toEqual([
      commits.good,
      commits.good,
      commits.bad,
      '',
      '',
    ]);
  });
});

describe('what runs', () => {
  const { change } = entries;

  it('stays as it was after an entry that changed nothing', () => {
    const ledger = [change, changeEntry(commits.bad, { verified: false, serves: 'unchanged' }), entries.freeze];
    expect(runningRevision(ledger)).toMatchObject({ ...served, change: change.change, certain: true });
  });

  it('is uncertain after an entry that does not know it', () => {
    const unknown = changeEntry(commits.bad, { verified: false, serves: 'unknown' });
    expect(runningRevision([change, unknown])).toMatchObject({ ...served, certain: false });
    expect(runningRevision([change, unknown, { ...entries.unclean, change: null }])).toMatchObject({ certain: true });
  });
});

it('holds what an entry put on hold, until it is lifted', () => {
  const hold = { digest: served.digest, commit: served.commit, reason: 'errors' };
  const held = changeEntry(commits.old, { kind: 'rollback', hold });
  const holdsOf = (ledger: LedgerEntry[]) => addToSummary(emptySummary, ledger).memory.holds;
  expect(holdsOf([held])).toEqual([{ ...hold, change: held.change, since: held.at }]);
  expect(holdsOf([held, entries.lift])).toEqual([]);
});

describe('a schema that nothing verified stands for', () => {
  const left = changeEntry(commits.bad, { verified: false, irreversible: true, change: 'c-left' });
  const lifts = Array.from({ length: 60 }, () => entries.lift);

  it('stays in sight however many entries come after it', () => {
    expect(unreleasedSchemaChanges(inlineOf([entries.change, left, ...lifts]))).toEqual([left]);
  });

  it('is forgotten with the next verified change, which asked about it', () => {
    const mended = changeEntry(commits.good);
    expect(unreleasedSchemaChanges([left, mended])).toEqual([]);
    expect(inlineOf([left, mended, ...lifts])).not.toContain(left);
  });

  it('is not forgotten with a rotation of secrets, which asks nobody about a schema', () => {
    expect(unreleasedSchemaChanges([left, changeEntry(commits.old, { kind: 'rotateSecrets' })])).toEqual([left]);
  });
});
