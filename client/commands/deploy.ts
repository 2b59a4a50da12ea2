import { flags } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
  commit?: string;
  image?: string;
  dryRun?: boolean;
  ticket?: number;
}

export const deploy = startCommand({
  type: 'deploy',
  description: [
    'Starts the workflow deploy: build, plan, approval, migration, smoke, traffic shift, bake.',
    'A commit may be a full SHA, a branch or a tag; the first digits of a SHA will do only where a branch or a tag',
    'points to it. It is looked up in the repository that the catalog names, and the run gets the full SHA.',
  ].join(' '),
  flags: [
    flags.ownEnvironment,
    ['--commit <commit>', 'what to release: a SHA, a branch or a tag'],
    ['--image <image>', 'or an image that is built already: <repository>@sha256:<digest>'],
    flags.ticket,
    ['--dry-run', 'plan and stop: nothing is built or changed'],
  ],
  examples: [
    './slipway deploy openagents-runtime --environment production --commit main --watch',
    './slipway deploy openagents-runtime --environment production --commit 4f2c9d1a --reason "release 12"',
    './slipway deploy openagents-runtime --environment production --commit v1.4.0 --dry-run --wait --json',
  ],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment, commit, image, dryRun, ticket }) => ({
    environment,
    commit,
    image,
    dryRun,
    ticket,
  }),
});
