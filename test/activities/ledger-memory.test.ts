import { describe, expect, it } from 'vitest';
import { inlineOf } from '../../contract/ledger-inline.ts';
import { addToSummary, emptySummary } from '../../contract/ledger-memory.ts';
import { runningRevision, verifiedChanges, type LedgerEntry } from '../../contract/ledger.ts';
import { join } from '../../workflows/environment/queue.ts';
import { freshState } from '../../workflows/environment/state.ts';
import { commits } from '../workflows/world.ts';
import { ledgerEntry } from './ledger.ts';

const digestOf = (number: number) => `sha256:${String(number).padStart(64, '0')}`;
const held = (number: number): LedgerEntry =>
  ledgerEntry(commits.bad, {
    change: `c${number}`,
    hash: `h${number}`,
    verified: false,
    hold: { digest: digestOf(number), commit: commits.bad, reason: 'smoke failed '.repeat(50) },
  });
const many = (count: number) => Array.from({ length: count }, (_, index) => held(index + 1));

describe('what an environment remembers of a long ledger', () => {
  it('has fifty holds at most, the newest, with short reasons', () => {
    const { holds } = addToSummary(emptySummary, many(3_000)).memory;
    expect(holds.map(({ digest }) => digest)).toEqual(
      Array.from({ length: 50 }, (_, index) => digestOf(2_951 + index)),
    );
    expect(JSON.stringify(holds).length).toBeLessThan(20_000);
  });

  it('tells a run of the hold on its own artifact, and of no other', () => {
    const { memory, entries } = addToSummary(emptySummary, many(40));
    const beginning = { ledger: entries, memory, head: null, unread: null, highestNumber: 0, orphanedWrite: null };
    const request = { ...{ change: 'c9', kind: 'deploy' as const, workflowId: 'w', firstExecutionRunId: 'r' } };
    const rest = { owner: 'ann@example.com', reason: '', commit: commits.bad, digest: digestOf(7) };
    const { holds } = join(freshState(beginning), { ...request, ...rest }, '2026-01-01T00:00:00Z');
    expect(holds.map(({ digest }) => digest)).toEqual([digestOf(7)]);
  });

  it('has a bounded size, also with hundreds of migrations in each entry', () => {
    const migrations = Array.from({ length: 500 }, (_, index) => `${index}_a_migration_of_some_length.sql`);
    const schema = {
      version: '9',
      migrations: migrations.map((name) => ({ name, compatibility: 'compatible' as const })),
    };
    const entries = many(300).map((entry, index) =>
      ledgerEntry(commits.good, { hash: entry.hash, change: `c${index}`, migrations, schema }),
    );
    expect(JSON.stringify(inlineOf(entries)).length).toBeLessThan(64 * 1024);
  });

  it('keeps what serves, goals of rollbacks and open schemas however old they are', () => {
    const serves = { revision: 'service-1', digest: digestOf(1), commit: commits.good };
    const good = ledgerEntry(commits.good, { change: 'cgood', hash: 'g', serves });
    const open = ledgerEntry(commits.bad, { change: 'copen', hash: 'o', verified: false, irreversible: true });
    const ledger = inlineOf([good, open, ...many(500)]);
    expect(runningRevision(ledger)).toMatchObject({ ...serves, change: 'cgood' });
    expect(verifiedChanges(ledger).map(({ change }) => change)).toEqual(['cgood']);
    expect(ledger).toContain(open);
  });
});
