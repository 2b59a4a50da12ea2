import { lookUpPlace } from '../../requests/catalog-place.ts';
import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { placeOf } from '../../requests/environment-message.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';
import { environmentLines, staleEnvironmentLines, unusedEnvironmentLines } from '../../view/environment.ts';

interface Options {
  environment?: string;
}

export const show: CommandModule<Options> = {
  summary: 'what runs, since when, by whom; who holds it, who waits, last known good, freezes, holds and the ledger',
  description:
    'Asks the environment itself. When no worker answers, what it last wrote down is shown, ' +
    'marked stale. The live state is compared by ./slipway drift.',
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
    const place = placeOf(service, given ?? options.environment);
    const slipway = await session.slipway();
    const report = await slipway.environment(place);
    if (report === null) {
      const { problems } = await lookUpPlace(session, undefined, place);
      if (problems.length > 0)
        throw CommandError.notFound(
          'nothing has happened there yet, and the catalog here has no such place: ' +
            `${problems.map(({ message }) => message).join('; ')}`,
        );
      output.result({ ...place, used: false });
      for (const line of unusedEnvironmentLines(place, output.colors)) output.line(line);
      return exitCodes.ok;
    }
    output.result({ ...report, used: true });
    const lines = report.stale ? staleEnvironmentLines(report, output.colors) : environmentLines(report, output.colors);
    for (const line of lines) output.line(line);
    return exitCodes.ok;
  },
};
