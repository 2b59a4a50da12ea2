import type { Finding } from '../../contract/verdict.ts';

/** What a check of the checklist found. */
export interface CheckFinding extends Finding {
  /** The end of an output. */
  samples?: string[];
  /** When it ran, where it was not alone in its check. */
  startedAt?: string;
  endedAt?: string;
}

/** A check of one or more lines in one go; answers for the lines asked for, in their order. */
export interface ChecklistCheck {
  lines: string[];
  look(lines: string[]): Promise<CheckFinding[]>;
}

/** Shown where the catalog has no checklist, so that nobody takes silence for a yes. */
export const unconfirmedGates = 'quality gates';

/** Names the step of a line, as the release shows it. */
export function checklistStep(line: string): string {
  return `checklist: ${line}`;
}
