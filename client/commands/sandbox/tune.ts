import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { parseNumber } from '../../cli/values.ts';

const knobs = ['operationMs', 'callMs', 'listLagMs', 'secretLagMs', 'logDelayMs', 'buildMs'] as const;
type Options = Partial<Record<(typeof knobs)[number], number>>;

export const tune: CommandModule<Options> = {
  description: 'Without a flag it shows the tempo. A value stays set, also after a restart.',
  flags: [
    ['--operation-ms <milliseconds>', 'how long an operation takes', { parse: parseNumber }],
    ['--call-ms <milliseconds>', 'how long each call takes', { parse: parseNumber }],
    ['--list-lag-ms <milliseconds>', 'how late a new resource appears in listings', { parse: parseNumber }],
    [
      '--secret-lag-ms <milliseconds>',
      'how late a new version of a secret is seen, but by its number',
      { parse: parseNumber },
    ],
    ['--log-delay-ms <milliseconds>', 'how late a new log entry can be found', { parse: parseNumber }],
    ['--build-ms <milliseconds>', 'how long a build takes', { parse: parseNumber }],
  ],
  examples: ['./slipway sandbox tune --operation-ms 30000 --call-ms 200', './slipway sandbox tune --json'],
  connects: true,
  run: async (session, options) => {
    const given = knobs.map((knob) => [knob, options[knob]] as const).filter(([, value]) => value !== undefined);
    const body = Object.fromEntries(given);
    const { controlCloud } = await import('../../local/sandbox-control.ts');
    const tempo = await controlCloud(
      session,
      given.length === 0 ? { method: 'GET', path: 'tune' } : { method: 'PUT', path: 'tune', body },
    );
    session.output.result(tempo);
    for (const [name, value] of Object.entries(tempo as Record<string, number>))
      session.output.line(`${name.padEnd(12)} ${value} ms`);
    return exitCodes.ok;
  },
};
