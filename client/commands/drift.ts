import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { checkDriftInput, parseInput } from '../../contract/inputs.ts';
import { exitCodeOfRun } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { cleanLine } from '../cli/text.ts';
import { endLines } from '../view/status.ts';

interface Options {
  environment?: string;
}

export const drift: CommandModule<Options> = {
  summary: 'compare what serves with the ledger and the invariants',
  description: [
    'Starts the workflow checkDrift and waits for its answer: images of service and migration job, traffic, the last',
    'verified release. Fails when anything deviates. Changes nothing.',
  ].join(' '),
  arguments: [['[service]', 'only this service']],
  flags: [flags.environment],
  examples: ['./slipway drift', './slipway drift openagents-runtime --environment production --json'],
  connects: true,
  run: async ({ output, ...session }, options, service) => {
    const parsed = parseInput(checkDriftInput, { service, environment: options.environment });
    if ('problems' in parsed) throw CommandError.badInput(parsed.problems, ['./slipway drift --help']);
    const slipway = await session.slipway();
    const { workflowId, runId, link } = await slipway.start('checkDrift', parsed.input);
    output.note(`${workflowId}${link === null ? '' : ` ${link}`}`);
    const end = await slipway.end(workflowId, runId);
    output.result({ workflowId, runId, link, ...end });
    for (const line of environmentLines(end.result)) output.line(line);
    for (const line of endLines({ end, outcome: end.message }, output.colors)) output.line(line);
    return exitCodeOfRun(end.type === 'Completed' ? 'COMPLETED' : 'FAILED', end.type);
  },
};

function environmentLines(result: unknown): string[] {
  const places =
    typeof result === 'object' && result !== null && 'places' in result && Array.isArray(result.places)
      ? (result.places as unknown[])
      : [];
  return places.map((place) => {
    const { service, environment, problems } = place as { service: string; environment: string; problems: string[] };
    return `  ${cleanLine(`${service} in ${environment}: ${problems.join('; ') || 'no drift'}`)}`;
  });
}
