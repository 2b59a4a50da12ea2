import type { BoardRun } from './board.ts';

/** Creates the memory of what each run has answered last; it counts until the run has written something newer. */
export function createRunMemory(): (runs: readonly BoardRun[], at: string) => BoardRun[] {
  let remembered = new Map<string, { at: string; run: BoardRun }>();
  return (runs, at) => {
    const now = new Map(runs.filter(({ stale }) => !stale).map((run) => [run.runId, { at, run }]));
    const isUseful = (run: BoardRun): boolean => (remembered.get(run.runId)?.at ?? '') >= (run.asOf ?? '');
    for (const run of runs) {
      const before = remembered.get(run.runId);
      if (run.stale && before && isUseful(run)) now.set(run.runId, before);
    }
    // What is not asked about any more is forgotten.
    remembered = now;
    return runs.map((run) => {
      const before = now.get(run.runId);
      return run.stale && before ? { ...before.run, stale: true, asOf: before.at, progress: null } : run;
    });
  };
}
