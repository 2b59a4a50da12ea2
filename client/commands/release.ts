import { lookUpPlace } from '../requests/catalog-place.ts';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { fullCommit } from '../requests/commits.ts';
import { parseInput, releaseInput, type ReleaseInput } from '../../contract/inputs.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from '../requests/person.ts';
import type { Session } from '../cli/session.ts';
import { prepared } from '../requests/request.ts';
import { afterStart, type FollowFlags } from '../requests/follow-started.ts';

interface Options extends FollowFlags {
  commit?: string;
  by?: string;
  reason?: string;
  id?: string;
  key?: string;
  print?: boolean;
  catalog?: string;
}

export const release: CommandModule<Options> = {
  summary: "take a commit the whole way to users: checklist, one build, every environment of the service's train",
  description:
    'Starts the workflow release. It confirms the checklist, builds once, and takes the same ' +
    'digest through the environments in the order of the catalog; each stop is a run of its ' +
    'own, which approve, reject and decide reach through the release.',
  arguments: [['[service]', 'the service, as the catalog names it']],
  flags: [
    ['--commit <commit>', 'what to release: a SHA, a branch or a tag'],
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
  examples: [
    './slipway release openagents-runtime --commit main --reason "release 12" --watch',
    './slipway release openagents-runtime --commit 4f2c9d1a0b3e5f6789a0b1c2d3e4f5a6b7c8d9e0 ' +
      '--by ann@example.com --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const input = await checkedInput(session, options, service);
    const start = await prepared(session, 'release', undefined, input, options);
    if (start === null) return exitCodes.ok;
    const slipway = await session.slipway();
    return afterStart(session, slipway, await slipway.startRelease(start.input, start.workflowId), options);
  },
};

/** Everything that is wrong is said at once, before anything is started. */
async function checkedInput(session: Session, options: Options, service: string | undefined): Promise<ReleaseInput> {
  const { repository, problems: unknown } = await lookUpPlace(session, options.catalog, { service });
  const { commit, problems } = await fullCommit(options.commit, repository);
  const requestedBy = await whoAsks(options.by, session.environment);
  const parsed = parseInput(releaseInput, { service, commit, requestedBy, reason: options.reason });
  const found =
    'problems' in parsed ? parsed.problems.filter(({ path }) => path !== 'commit' || problems.length === 0) : [];
  const all = [...found, ...unknown, ...problems];
  if ('problems' in parsed || all.length > 0) throw CommandError.badInput(all, ['./slipway release --help']);
  return parsed.input;
}
