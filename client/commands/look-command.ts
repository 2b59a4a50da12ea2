import type { z } from 'zod';
import { parseInput } from '../../contract/inputs.ts';
import type { WorkflowInputs } from '../../contract/workflow-types.ts';
import { CommandError } from '../cli/command-error.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodeOfRun } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import type { Colors } from '../cli/output.ts';
import { endLines } from '../view/status.ts';

interface Options {
  environment?: string;
}

interface LookCommand<Type extends 'checkDrift' | 'dailyChecks'> extends Pick<
  CommandModule,
  'summary' | 'description' | 'arguments' | 'examples'
> {
  type: Type;
  /** The command's own name, for the hint at its help. */
  name: string;
  schema: z.ZodType<WorkflowInputs[Type]>;
  /** Shows a report: what the run returned, or what its failure carries. */
  lines(report: unknown, colors: Colors): string[];
}

/** Makes a command that starts a run which only looks, waits for its end and shows its report. */
export function lookCommand<Type extends 'checkDrift' | 'dailyChecks'>({
  type,
  name,
  schema,
  lines,
  ...help
}: LookCommand<Type>): CommandModule<Options> {
  return {
    ...help,
    flags: [flags.environment],
    connects: true,
    run: async ({ output, ...session }, options, service) => {
      const parsed = parseInput(schema, { service, environment: options.environment });
      if ('problems' in parsed) throw CommandError.badInput(parsed.problems, [`./slipway ${name} --help`]);
      const slipway = await session.slipway();
      const { workflowId, runId, link } = await slipway.start(type, parsed.input);
      output.note(`${workflowId}${link === null ? '' : ` ${link}`}`);
      const end = await slipway.end(workflowId, runId);
      output.result({ workflowId, runId, link, ...end });
      for (const line of lines(end.result ?? end.details?.[0], output.colors)) output.line(line);
      for (const line of endLines({ end, outcome: end.message }, output.colors)) output.line(line);
      return exitCodeOfRun(end.type === 'Completed' ? 'COMPLETED' : 'FAILED', end.type);
    },
  };
}

/** Reads a list of a report; empty where the report has no such list. */
export function listIn<Item>(report: unknown, field: string): Item[] {
  const list = typeof report === 'object' && report !== null ? (report as Record<string, unknown>)[field] : undefined;
  return Array.isArray(list) ? (list as Item[]) : [];
}
