import { lookUpPlace } from '../requests/catalog-place.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { fullCommit } from '../requests/commits.ts';
import { deployInput, parseInput, type DeployInput } from '../../contract/inputs.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import type { Session } from '../cli/session.ts';
import { prepared } from '../requests/request.ts';
import { afterStart, type FollowFlags } from '../requests/follow-started.ts';

interface Options extends FollowFlags {
  environment?: string;
  commit?: string;
  image?: string;
  by?: string;
  reason?: string;
  dryRun?: boolean;
  id?: string;
  key?: string;
  print?: boolean;
  catalog?: string;
}

export const deploy: CommandModule<Options> = {
  summary: 'bring a commit or an image into one environment',
  description:
    'Starts the workflow deploy: build, plan, approval, migration, smoke, traffic shift, ' +
    'bake. A commit may be a full SHA, the beginning of one, a branch or a tag: names are ' +
    'looked up in the repository of the catalog, and the run gets the full SHA.',
  arguments: [['[service]', 'the service, as the catalog names it']],
  flags: [
    flags.environment,
    ['--commit <commit>', 'what to release: a SHA, a branch or a tag'],
    ['--image <image>', 'or an image that is built already: <repository>@sha256:<digest>'],
    flags.by,
    flags.reason,
    ['--dry-run', 'plan and stop: nothing is built or changed'],
    ['--wait', 'wait for the end of the run'],
    ['--watch', 'wait, and show what happens'],
    flags.timeout,
    ['--id <workflow id>', 'a workflow id of your own'],
    flags.key,
    flags.print,
    flags.catalog,
  ],
  examples: [
    './slipway deploy openagents-runtime --environment production --commit main --watch',
    './slipway deploy openagents-runtime --environment production --commit ' +
      '4f2c9d1a0b3e5f6789a0b1c2d3e4f5a6b7c8d9e0 --reason "release 12"',
    './slipway deploy openagents-runtime --environment production --commit v1.4.0 --dry-run --wait --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const input = await checkedInput(session, options, service);
    const start = await prepared(session, 'deploy', options.environment, input, options);
    if (start === null) return exitCodes.ok;
    const slipway = await session.slipway();
    return afterStart(session, slipway, await slipway.startDeploy(start.input, start.workflowId), options);
  },
};

/** Everything that is wrong is said at once, before anything is started. */
async function checkedInput(session: Session, options: Options, service: string | undefined): Promise<DeployInput> {
  const place = await lookUpPlace(session, options.catalog, { service, environment: options.environment });
  const { commit, problems } = await fullCommit(options.commit, place.repository);
  const { image, reason, dryRun } = options;
  const requestedBy = await whoAsks(options.by, session.environment);
  const parsed = parseInput(deployInput, {
    service,
    environment: options.environment,
    requestedBy,
    commit,
    image,
    reason,
    dryRun,
  });
  const found =
    'problems' in parsed ? parsed.problems.filter(({ path }) => path !== 'commit' || problems.length === 0) : [];
  const all = [...found, ...place.problems, ...problems];
  if ('problems' in parsed || all.length > 0) throw CommandError.badInput(all, ['./slipway deploy --help']);
  return parsed.input;
}
