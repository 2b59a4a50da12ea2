import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { numberFlag } from '../../cli/flags.ts';

const knobs = ['operationMs', 'callMs', 'listLagMs', 'secretLagMs', 'logDelayMs', 'buildMs'] as const;
type Options = Partial<Record<(typeof knobs)[number], string>>;

export const tune: CommandModule<Options> = {
  description: 'Without a flag it shows the tempo. A value stays set, also after a restart.',
  flags: [
    ['--operation-ms <milliseconds>', 'how long an operation takes'],
    ['--call-ms <milliseconds>', 'how long each call takes'],
    ['--list-lag-ms <milliseconds>', 'how late a new resource appears in listings'],
    ['--secret-lag-ms <milliseconds>', 'how late a new version of a secret is seen, but by its number'],
    ['--log-delay-ms <milliseconds>', 'how late a new log entry can be found'],
    ['--build-ms <milliseconds>', 'how long a build takes'],
  ],
  examples: ['./slipway sandbox tune --operation-ms 30000 --call-ms 200', './slipway sandbox tune --json'],
  connects: true,
  run: async (session, options) => {
    const given = knobs
      .map((knob) => [knob, numberFlag(knob, options[knob])] as const)
      .filter(([, value]) => value !== undefined);
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
