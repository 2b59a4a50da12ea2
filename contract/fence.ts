/**
 * Fences a write by the environment's number (each grant has a new one) and the write's place within the change. A
 * write that is behind what the target records is refused (invariant I3).
 */
export interface Fence {
  number: number;
  sequence: number;
}

/** Marks every outside write, so that a repeat finds its own work and an audit its author. */
export interface Marker {
  change: string;
  step: string;
  attempt: number;
  fence: Fence;
}

/** Step of the stamp that a fresh environment, or one whose lock was broken, makes against a former holder. */
export const takeOverStep = 'take-over';

/** Writes a fence as it stands in an annotation, such as `12.3`. */
export function formatFence({ number, sequence }: Fence): string {
  return `${number}.${sequence}`;
}

/** Reads what formatFence wrote; undefined for anything else. */
export function parseFence(text: string | null | undefined): Fence | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '');
  return match ? { number: Number(match[1]), sequence: Number(match[2]) } : undefined;
}

/** Compares two fences; negative if a is behind b. */
export function compareFences(a: Fence, b: Fence): number {
  return a.number - b.number || a.sequence - b.sequence;
}
