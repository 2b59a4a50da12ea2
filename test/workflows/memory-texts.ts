import { ledgerNames, positionOf } from '../../activities/ledger/names.ts';
import type { LedgerPlace, TextStore } from '../../activities/ports/ledger.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';

/** Keeps texts in memory, as a folder or a bucket does. */
export class MemoryTexts implements TextStore {
  readonly name = 'the memory of the test';
  readonly texts = new Map<string, string>();

  async create(name: string, text: string): Promise<boolean> {
    if (this.texts.has(name)) return false;
    this.texts.set(name, text);
    return true;
  }

  async read(name: string): Promise<string | null> {
    return this.texts.get(name) ?? null;
  }

  async list(
    folder: string,
    { from = '', limit = Infinity }: { from?: string; limit?: number } = {},
  ): Promise<string[]> {
    const below = [...this.texts.keys()]
      .filter((name) => name.startsWith(folder))
      .map((name) => name.slice(folder.length));
    const children = below.map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/') + 1) : name));
    return [...new Set(children)]
      .filter((name) => name >= from)
      .sort()
      .slice(0, limit);
  }

  /** Reads a whole ledger at once. */
  ledgerOf(place: LedgerPlace): LedgerEntry[] {
    const { firstPart, entries } = ledgerNames(place);
    const lines = (this.texts.get(firstPart) ?? '').split('\n').filter((line) => line !== '');
    const names = [...this.texts.keys()].filter(
      (name) => name.startsWith(entries) && positionOf(name.slice(entries.length)) !== null,
    );
    return [...lines, ...names.sort().map((name) => this.texts.get(name) ?? '')].map(
      (text) => JSON.parse(text) as LedgerEntry,
    );
  }

  /** Begins with a ledger that an earlier version has written. */
  beginWith(place: LedgerPlace, ledger: readonly LedgerEntry[]): void {
    const text = ledger.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    this.texts.set(ledgerNames(place).firstPart, text);
  }
}
