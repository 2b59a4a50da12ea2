import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { tableLines } from './table.ts';

/** Describes a fault as the sandbox's cloud does. */
export interface Fault {
  id: number;
  method: string;
  nth: number;
  kind: string;
  code?: string;
  ms?: number;
  seen: number;
  fired: boolean;
}

const header = ['ID', 'METHOD', 'CALL', 'KIND', 'STATE'];

/** Lists faults, a line each. */
export function faultTable(faults: readonly Fault[], colors: Colors): string[] {
  if (faults.length === 0) return [];
  return tableLines(
    header,
    faults.map(({ id, method, nth, kind, code, ms, seen, fired }) => [
      String(id),
      cleanLine(method),
      String(nth),
      cleanLine([kind, code ?? '', ms === undefined ? '' : `${ms} ms`].filter((part) => part !== '').join(' ')),
      fired ? 'happened' : `seen ${seen}`,
    ]),
    colors,
  );
}
