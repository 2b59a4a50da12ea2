import { lookUpPlace } from '../requests/catalog-place.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { migrateInput, parseInput } from '../../contract/inputs.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import { prepared } from '../requests/request.ts';
import { afterStart, type FollowFlags } from '../requests/follow-started.ts';

interface Options extends FollowFlags {
  environment?: string;
  by?: string;
  reason?: string;
  id?: string;
  key?: string;
  print?: boolean;
  catalog?: string;
}

export const migrate: CommandModule<Options> = {
  summary: 'run migration and smoke again for what serves now',
  arguments: [['[service]', 'the service, as the catalog names it']],
  flags: [
    flags.environment,
    flags.by,
    flags.reason,
    ['--wait', 'wait for the end of the run'],
    ['--watch', 'wait, and show what happens'],
    flags.timeout,
    ['--id <workflow id>', 'a workflow id of your own'],
    flags.key,
    flags.print,
    flags.catalog,
  ],
  examples: ['./slipway migrate openagents-runtime --environment production --watch'],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const place = await lookUpPlace(session, options.catalog, { service, environment: options.environment });
    const requestedBy = await whoAsks(options.by, session.environment);
    const parsed = parseInput(migrateInput, {
      service,
      environment: options.environment,
      requestedBy,
      reason: options.reason,
    });
    const problems = [...('problems' in parsed ? parsed.problems : []), ...place.problems];
    if ('problems' in parsed || problems.length > 0)
      throw CommandError.badInput(problems, ['./slipway migrate --help']);
    const start = await prepared(session, 'migrate', options.environment, parsed.input, options);
    if (start === null) return exitCodes.ok;
    const slipway = await session.slipway();
    return afterStart(session, slipway, await slipway.startMigrate(start.input, start.workflowId), options);
  },
};
