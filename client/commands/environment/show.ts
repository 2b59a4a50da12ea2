import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { environmentNameOf } from '../../requests/environment-name.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { serviceArgument } from '../../cli/flags.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  description: [
    'Asks the environment itself, and the platform (by a run of checkDrift) what serves now. When no worker answers,',
    'what the environment last wrote down is shown, marked stale.',
  ].join(' '),
  arguments: [serviceArgument, ['[environment]', 'the environment; or --environment', { names: 'environments' }]],
  flags: [
    ['-e, --environment <name>', 'the environment of the service', { setting: 'environment', names: 'environments' }],
  ],
  examples: [
    './slipway environment show agento production',
    './slipway environment show openagents-runtime --environment production --json',
  ],
  connects: true,
  run: async ({ output, ...session }, options, service, given) => {
    const { name, problems: missing } = environmentNameOf(service, given ?? options.environment);
    if (missing.length > 0) throw CommandError.badInput(missing);
    const [
      { lookUpEnvironment },
      { lookAtPlatform },
      { environmentLines, staleEnvironmentLines, unusedEnvironmentLines },
    ] = await Promise.all([
      import('../../requests/catalog.ts'),
      import('../../requests/look-at-platform.ts'),
      import('../../view/environment.ts'),
    ]);
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
    if (report.stale) {
      output.result({ ...report, used: true });
      for (const line of staleEnvironmentLines(report, output.colors)) output.line(line);
      return exitCodes.ok;
    }
    const platform = await lookAtPlatform(slipway, name);
    output.result({ ...report, used: true, platform: typeof platform === 'string' ? { unknown: platform } : platform });
    const lines = environmentLines(report, output.colors, platform);
    for (const line of lines) output.line(line);
    return exitCodes.ok;
  },
};
