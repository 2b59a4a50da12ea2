import { lookUpPlace } from '../requests/catalog-place.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { rollbackInput, parseInput } from '../../contract/inputs.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import { prepared } from '../requests/request.ts';
import { afterStart, type FollowFlags } from '../requests/follow-started.ts';

interface Options extends FollowFlags {
  environment?: string;
  to?: string;
  schemaVersion?: string;
  dryRun?: boolean;
  by?: string;
  reason?: string;
  id?: string;
  key?: string;
  print?: boolean;
  catalog?: string;
}

export const rollback: CommandModule<Options> = {
  summary: 'back to a known-good state; neither a freeze nor a queue stops it',
  arguments: [['[service]', 'the service, as the catalog names it']],
  flags: [
    flags.environment,
    flags.by,
    flags.reason,
    ['--to <state>', 'a change id, commit or revision that the ledger knows (default: the last known good)'],
    ['--schema-version <version>', 'across an incompatible migration: to which version the schema is brought by hand'],
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
    "./slipway rollback openagents-runtime --environment production --reason 'errors since the release' --watch",
    "./slipway rollback openagents-runtime --environment production --reason 'errors' --to c0123456789",
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const place = await lookUpPlace(session, options.catalog, { service, environment: options.environment });
    const requestedBy = await whoAsks(options.by, session.environment);
    const parsed = parseInput(rollbackInput, {
      service,
      environment: options.environment,
      requestedBy,
      reason: options.reason,
      to: options.to,
      schemaVersion: options.schemaVersion,
      dryRun: options.dryRun,
    });
    const problems = [...('problems' in parsed ? parsed.problems : []), ...place.problems];
    if ('problems' in parsed || problems.length > 0)
      throw CommandError.badInput(problems, ['./slipway rollback --help']);
    const start = await prepared(session, 'rollback', options.environment, parsed.input, options);
    if (start === null) return exitCodes.ok;
    const slipway = await session.slipway();
    return afterStart(session, slipway, await slipway.startRollback(start.input, start.workflowId), options);
  },
};
