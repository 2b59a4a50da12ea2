import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  commit?: string;
  ticket?: number;
}

export const release = startCommand({
  type: 'release',
  description: [
    'Starts the workflow release. It confirms the checklist, builds once, and takes the same digest through the',
    'environments in the order of the catalog. Each stop is a run of its own; approve, reject and decide reach it',
    'through the release.',
  ].join(' '),
  flags: [required(['--commit <commit>', 'what to release: a SHA, a branch or a tag']), flags.ticket],
  examples: [
    './slipway release openagents-runtime --commit main --reason "release 12" --watch',
    './slipway release openagents-runtime --commit 4f2c9d1a --by ann@example.com --json',
  ],
  environmentOf: () => undefined,
  inputOf: ({ commit, ticket }: Options) => ({ commit, ticket }),
});
