import { lookUpPlace } from '../requests/catalog-place.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { promoteInput, parseInput } from '../../contract/inputs.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import { prepared } from '../requests/request.ts';
import { afterStart, type FollowFlags } from '../requests/follow-started.ts';

interface Options extends FollowFlags {
  from?: string;
  to?: string;
  dryRun?: boolean;
  by?: string;
  reason?: string;
  id?: string;
  key?: string;
  print?: boolean;
  catalog?: string;
}

export const promote: CommandModule<Options> = {
  summary: 'take what one environment verified to the next',
  arguments: [['[service]', 'the service, as the catalog names it']],
  flags: [
    ['--from <name>', 'the environment that verified it'],
    ['--to <name>', 'the environment that gets it'],
    flags.by,
    flags.reason,
    ['--dry-run', 'only plan: nothing is changed'],
    ['--wait', 'wait for the end of the run'],
    ['--watch', 'wait, and show what happens'],
    flags.timeout,
    ['--id <workflow id>', 'a workflow id of your own'],
    flags.key,
    flags.print,
    flags.catalog,
  ],
  examples: [
    './slipway promote openagents-runtime --from staging --to production --watch',
    './slipway promote openagents-runtime --from staging --to production --dry-run --wait',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const place = await lookUpPlace(session, options.catalog, { service, environment: options.to });
    const requestedBy = await whoAsks(options.by, session.environment);
    const parsed = parseInput(promoteInput, {
      service,
      from: options.from,
      to: options.to,
      requestedBy,
      reason: options.reason,
      dryRun: options.dryRun,
    });
    const problems = [...('problems' in parsed ? parsed.problems : []), ...place.problems];
    if ('problems' in parsed || problems.length > 0)
      throw CommandError.badInput(problems, ['./slipway promote --help']);
    const start = await prepared(session, 'promote', options.to, parsed.input, options);
    if (start === null) return exitCodes.ok;
    const slipway = await session.slipway();
    return afterStart(session, slipway, await slipway.startPromote(start.input, start.workflowId), options);
  },
};
