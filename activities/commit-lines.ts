import { describeCommit, type CommitLine } from '../contract/plan.ts';
import { oneLine } from './one-line.ts';

const maxCommits = 5;

/** Writes the newest commits that a suspect brought, one line each. */
export function commitLines(newest: readonly CommitLine[]): string[] {
  return newest.slice(0, maxCommits).map((commit) => oneLine(describeCommit(commit)));
}
