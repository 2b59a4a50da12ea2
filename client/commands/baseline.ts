import type { CommandModule } from '../cli/command.ts';
import { flags, serviceArgument } from '../cli/flags.ts';

export interface BaselineOptions {
  catalog?: string;
  commit?: string;
  validation?: boolean;
}

export const baseline: CommandModule<BaselineOptions> = {
  description: [
    'Starts the workflow baseline, shows the output of its commands while they run, and a table at the end. On the',
    'machine of the worker: PostgreSQL accepts connections, its databases are there, then the commands that the',
    'catalog lists, in a clean checkout: create, migrate, tests, contract check. What does not hold is named, with',
    'what to do. Ctrl-C cancels the run and waits until nothing of it is left.',
  ].join(' '),
  arguments: [serviceArgument],
  flags: [
    ['--validation', "the service's validation commands instead of those of Gate G0"],
    ['--commit <commit>', 'a commit of the release branch: a SHA, a branch or a tag (default: its head)'],
    flags.catalog,
  ],
  examples: [
    './slipway baseline openagents-runtime',
    './slipway baseline openagents-runtime --validation',
    './slipway baseline openagents-runtime --commit good --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options, service) => {
    const { runBaseline } = await import('./baseline-run.ts');
    return runBaseline(session, options, service);
  },
};
