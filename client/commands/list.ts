import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import { parseNumber } from '../cli/values.ts';
import type { Session } from '../cli/session.ts';
import { CommandError } from '../cli/command-error.ts';

interface Options {
  environment?: string;
  all?: boolean;
  limit: number;
}

export const list: CommandModule<Options> = {
  arguments: [['[service]', 'only this service', { names: 'services' }]],
  flags: [
    flags.environment,
    ['-a, --all', 'also runs that have ended'],
    ['--limit <number>', 'show at most this many', { fallback: 50, parse: parseNumber }],
  ],
  examples: ['./slipway list', './slipway list openagents-runtime --environment production --all --json'],
  connects: true,
  run: async ({ output, ...session }, options, service) => {
    const { runTable } = await import('../view/runs.ts');
    const slipway = await session.slipway();
    const runs = await slipway.list({
      ...(service === undefined ? {} : { service }),
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      running: options.all !== true,
      limit: options.limit,
    });
    if (runs.length === 0) await requireKnown(session, service, options.environment);
    output.result(runs);
    if (runs.length === 0) output.line(options.all === true ? 'no changes yet' : 'nothing is running');
    for (const line of runTable(runs, output.colors)) output.line(line);
    if (runs.some(({ waitingFor }) => waitingFor !== '')) output.note('what goes on: ./slipway status <run>');
    return exitCodes.ok;
  },
};

/** Where nothing is found the name may be wrong. A run of a service that the catalog has no more is still listed. */
async function requireKnown(
  session: Pick<Session, 'dir' | 'environment'>,
  service: string | undefined,
  environment: string | undefined,
): Promise<void> {
  if (service === undefined) return;
  const { lookUpEnvironment } = await import('../requests/catalog.ts');
  const { problems } = await lookUpEnvironment(session, undefined, { service, environment });
  if (problems.length > 0) throw CommandError.notFound(problems.map(({ message }) => message).join('; '));
}
