import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessRecord, ProcessRecords } from '../../containers/orphans.ts';

/** Keeps each record in a file of its own, so that a node that was killed finds what it left running. */
export function openProcessRecords(folder: string): ProcessRecords {
  mkdirSync(folder, { recursive: true });
  return {
    put: (key, record) => writeFileSync(join(folder, key), JSON.stringify(record)),
    delete: (key) => rmSync(join(folder, key), { force: true }),
    entries: () =>
      readdirSync(folder).flatMap((key) => {
        const record = parse(readFileSync(join(folder, key), 'utf8'));
        return record ? [[key, record] as [string, ProcessRecord]] : [];
      }),
  };
}

/** Reads a record; a file that was half written when the node was killed is none. */
function parse(text: string): ProcessRecord | undefined {
  try {
    return JSON.parse(text) as ProcessRecord;
  } catch {
    return undefined;
  }
}
