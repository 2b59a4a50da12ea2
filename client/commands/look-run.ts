import { inputSchemas, parseInput } from '../../contract/inputs.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodeOfRun, type ExitCode } from '../cli/exit-codes.ts';
import type { Session } from '../cli/session.ts';
import { endLines } from '../view/status.ts';
import type { LookCommand, LookOptions } from './look-command.ts';

/** Starts the run of a look, waits for its end and shows its report. */
export async function lookRun(
  { type, lines }: LookCommand,
  { output, ...session }: Session,
  options: LookOptions,
  service: string | undefined,
): Promise<ExitCode> {
  const parsed = parseInput(inputSchemas[type], { service, environment: options.environment });
  if ('problems' in parsed) throw CommandError.badInput(parsed.problems);
  const slipway = await session.slipway();
  const { workflowId, runId, link } = await slipway.start(type, parsed.input);
  output.note(`${workflowId}${link === null ? '' : ` ${link}`}`);
  const end = await slipway.end(workflowId, runId);
  output.result({ workflowId, runId, link, ...end });
  for (const line of await lines(end.result ?? end.details?.[0], output.colors)) output.line(line);
  for (const line of endLines({ end, outcome: end.message }, output.colors)) output.line(line);
  return exitCodeOfRun(end.type === 'Completed' ? 'COMPLETED' : 'FAILED', end.type);
}
