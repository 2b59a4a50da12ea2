import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { resolveRun, type RunChoice } from '../requests/resolve-run.ts';
import { runLines } from '../view/run.ts';

/** Shows the run that is chosen as it stands now; the newest closed one where none runs. */
export async function showRun(session: Session, choice: RunChoice): Promise<ExitCode> {
  const slipway = await session.slipway();
  const report = await slipway.status(await resolveRun(session, slipway, { ...choice, closedToo: true }));
  session.output.result(report);
  for (const line of await runLines(report, session.output)) session.output.line(line);
  return exitCodes.ok;
}
