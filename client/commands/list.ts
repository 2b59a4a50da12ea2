import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, numberFlag } from '../cli/flags.ts';
import type { Colors } from '../cli/output.ts';
import type { RunSummary } from '../api/runs.ts';
import { cleanLine } from '../cli/text.ts';
import { momentText } from '../view/time.ts';

interface Options {
  environment?: string;
  all?: boolean;
  limit?: string;
}

export const list: CommandModule<Options> = {
  arguments: [['[service]', 'only this service']],
  flags: [
    flags.environment,
    ['--all', 'also runs that have ended'],
    ['--limit <number>', 'show at most this many', '50'],
  ],
  examples: ['./slipway list', './slipway list openagents-runtime --environment production --all --json'],
  connects: true,
  run: async ({ output, ...session }, options, service) => {
    const slipway = await session.slipway();
    const limit = numberFlag('limit', options.limit) ?? 50;
    const runs = await slipway.list({
      ...(service === undefined ? {} : { service }),
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      running: options.all !== true,
      limit,
    });
    output.result(runs);
    if (runs.length === 0) output.line(options.all === true ? 'no changes yet' : 'nothing is running');
    for (const run of runs) for (const line of runLines(run, output.colors)) output.line(line);
    return exitCodes.ok;
  },
};

function runLines(run: RunSummary, { bold, cyan, dim, yellow }: Colors): string[] {
  const where = run.service === '' ? '' : `${run.service} → ${run.environment}`;
  const state = run.execution === 'RUNNING' ? cyan(cleanLine(run.phase)) : cleanLine(run.execution.toLowerCase());
  const subject = cleanLine(`${where} ${run.commit.slice(0, 12)}`).trim();
  const started = dim(momentText(run.startedAt));
  const first = `${started} ${bold(cleanLine(run.workflowType))} ${subject}  ${state}  ${run.workflowId}`;
  const wait =
    run.execution === 'RUNNING' && run.waitingFor !== ''
      ? [`  ${yellow('waits for')} ${cleanLine(run.waitingFor)}`, `  ${cleanLine(run.next)}`]
      : [];
  return [first, ...wait];
}
