import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { environmentNameOf } from '../../requests/environment-name.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  description: [
    'Asks the environment itself. When no worker answers, what it last wrote down is shown, marked stale.',
    './slipway drift compares it with the live state.',
  ].join(' '),
  arguments: [
    ['<service>', 'the service, as the catalog names it'],
    ['[environment]', 'the environment; or --environment'],
  ],
  flags: [flags.environment],
  examples: [
    './slipway environment show agento production',
    './slipway environment show openagents-runtime --environment production --json',
  ],
  connects: true,
  run: async ({ output, ...session }, options, service, given) => {
    const { name, problems: missing } = environmentNameOf(service, given ?? options.environment);
    if (missing.length > 0) throw CommandError.badInput(missing);
    const [{ lookUpEnvironment }, { environmentLines, staleEnvironmentLines, unusedEnvironmentLines }] =
      await Promise.all([import('../../requests/catalog.ts'), import('../../view/environment.ts')]);
    const slipway = await session.slipway();
    const report = await slipway.environment(name);
    if (report === null) {
      const { problems } = await lookUpEnvironment(session, undefined, name);
      if (problems.length > 0)
        throw CommandError.notFound(
          `no such environment in the catalog: ${problems.map(({ message }) => message).join('; ')}`,
        );
      output.result({ ...name, used: false });
      for (const line of unusedEnvironmentLines(name, output.colors)) output.line(line);
      return exitCodes.ok;
    }
    output.result({ ...report, used: true });
    const lines = report.stale ? staleEnvironmentLines(report, output.colors) : environmentLines(report, output.colors);
    for (const line of lines) output.line(line);
    return exitCodes.ok;
  },
};
