import type { RunSummary } from '../api/runs.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { shorten } from './check-line.ts';
import { tableLines } from './table.ts';
import { momentText } from './time.ts';

const header = ['TYPE', 'SERVICE', 'ENVIRONMENT', 'STATE', 'COMMIT', 'STARTED', 'RUN', 'WAITS FOR, OR WHY IT ENDED'];

/** The whole of it is in the run's status. */
const maxOutcome = 100;

/** Lists runs, a line each. */
export function runTable(runs: readonly RunSummary[], colors: Colors): string[] {
  if (runs.length === 0) return [];
  return tableLines(
    header,
    runs.map((run) => [
      cleanLine(run.workflowType),
      cleanLine(run.service),
      cleanLine(run.environment),
      stateOf(run, colors),
      cleanLine(run.commit.slice(0, 12)),
      colors.dim(momentText(run.startedAt)),
      cleanLine(run.workflowId),
      run.execution === 'RUNNING'
        ? colors.yellow(cleanLine(run.waitingFor))
        : shorten(cleanLine(run.outcome), maxOutcome),
    ]),
    colors,
  );
}

function stateOf(run: RunSummary, { cyan, green, red }: Colors): string {
  if (run.execution === 'RUNNING') return cyan(stateWord(run));
  return run.execution === 'COMPLETED' ? green(stateWord(run)) : red(stateWord(run));
}

/** Names the phase of a run that goes on, else how it ended. */
export function stateWord({ execution, phase, outcome }: RunSummary): string {
  if (execution === 'RUNNING') return cleanLine(phase);
  if (execution === 'COMPLETED') return 'completed';
  return cleanLine(/^[A-Z][A-Za-z]+(?=:)/.exec(outcome)?.[0] ?? execution.toLowerCase());
}
