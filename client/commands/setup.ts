import { CommandError } from '../cli/command-error.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';

interface Options {
  quiet?: boolean;
  all?: boolean;
}

export const setup: CommandModule<Options> = {
  description: [
    'Fetches or builds once all that is needed, and starts nothing: the dependencies, Node, and the programs of the',
    'sandbox. A later start finds them. What is missing is named, with ways to provide it.',
  ].join(' '),
  flags: [
    ['-q, --quiet', 'say nothing where all is there'],
    ['--all', 'also what the further parts of the sandbox and the tests need'],
  ],
  examples: ['./slipway setup', './slipway setup --all --quiet'],
  run: async ({ output }, { quiet = false, all = false }) => {
    const { setUp } = await import('../../sandbox/servers/set-up.ts');
    const found = await setUp(all, output.progress).catch((error: unknown) => {
      const [first = '', ...more] = (error instanceof Error ? error.message : String(error)).split('\n');
      throw CommandError.failed(first, more);
    });
    output.result({ node: process.version, ...found });
    if (quiet) return exitCodes.ok;
    output.line(`Node        ${process.version}`);
    output.line(`PostgreSQL  ${found.postgres}`);
    output.line(`Temporal    ${found.temporal}`);
    return exitCodes.ok;
  },
};
