import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { Evidence } from '../ports/index.ts';
import { createFileObjects } from './objects.ts';

/** Names an environment that has a ledger. */
export interface LedgerPlace {
  service: string;
  environment: string;
}

/** Lists the environments whose ledgers are below a folder, in the order of their names. */
export async function listLedgers(folder: string): Promise<LedgerPlace[]> {
  const files = await readdir(path.join(folder, 'ledger'), { recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return files
    .flatMap((file) => {
      const [, service, environment] = /^([^/]+)\/([^/]+)\.jsonl$/.exec(file) ?? [];
      return service && environment ? [{ service, environment }] : [];
    })
    .sort((a, b) => (`${a.service}/${a.environment}` < `${b.service}/${b.environment}` ? -1 : 1));
}

/** Keeps ledgers as files below a folder, one JSON line for each entry. An entry is written once. */
export function createFileEvidence(folder: string): Evidence {
  const ledgerFile = (service: string, environment: string) =>
    path.join(folder, 'ledger', service, `${environment}.jsonl`);
  return {
    async appendLedger(service, environment, entry) {
      const file = ledgerFile(service, environment);
      const stored = await readEntries(file);
      if (stored.some(({ hash }) => hash === entry.hash)) return;
      await mkdir(path.dirname(file), { recursive: true });
      // A line that a crash cut short must not swallow this one.
      await appendFile(file, `${(await endsALine(file)) ? '' : '\n'}${JSON.stringify(entry)}\n`, { flush: true });
    },
    readLedger: (service, environment) => readEntries(ledgerFile(service, environment)),
    ...createFileObjects(folder),
  };
}

async function readEntries(file: string): Promise<LedgerEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => parsedEntry(line));
}

async function endsALine(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text === '' || text.endsWith('\n');
}

/** Parses a line. One that a crash cut short is no entry. */
function parsedEntry(line: string): LedgerEntry[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line) as LedgerEntry];
  } catch {
    return [];
  }
}
