import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { parseNumber } from '../../cli/values.ts';

const knobs = [
  ...(['operationMs', 'callMs', 'listLagMs', 'executionLagMs', 'jobLagMs', 'secretLagMs', 'logDelayMs'] as const),
  'buildMs',
] as const;
type Options = Partial<Record<(typeof knobs)[number], number>> & { world?: string };

export const tune: CommandModule<Options> = {
  description:
    'Without a flag it shows the tempo and the world. A value stays set, also after a restart. A world says what ' +
    'nobody outside the platform knows: recorded, described or bare, values such as startToken=refused, or both.',
  flags: [
    ['--operation-ms <milliseconds>', 'how long an operation takes', { parse: parseNumber }],
    ['--call-ms <milliseconds>', 'how long each call takes', { parse: parseNumber }],
    ['--list-lag-ms <milliseconds>', 'how late a new resource appears in listings', { parse: parseNumber }],
    ['--execution-lag-ms <milliseconds>', 'how late an execution is found by its name', { parse: parseNumber }],
    ['--job-lag-ms <milliseconds>', 'how late an execution is seen in its job', { parse: parseNumber }],
    [
      '--secret-lag-ms <milliseconds>',
      'how late a new version of a secret is seen, but by its number',
      { parse: parseNumber },
    ],
    ['--log-delay-ms <milliseconds>', 'how late a new log entry can be found', { parse: parseNumber }],
    ['--build-ms <milliseconds>', 'how long a build takes', { parse: parseNumber }],
    [
      '--world <names and values>',
      'how the platform behaves where nobody knows it, such as bare or startToken=refused',
    ],
  ],
  examples: [
    './slipway sandbox tune --operation-ms 30000 --call-ms 200',
    './slipway sandbox tune --world bare',
    './slipway sandbox tune --world recorded,startToken=refused',
    './slipway sandbox tune --json',
  ],
  connects: true,
  run: async (session, options) => {
    const { controlCloud } = await import('../../local/sandbox-control.ts');
    const control = async (path: 'tune' | 'world', body: object) =>
      controlCloud(session, Object.keys(body).length === 0 ? { method: 'GET', path } : { method: 'PUT', path, body });
    const given = knobs.map((knob) => [knob, options[knob]] as const).filter(([, value]) => value !== undefined);
    const world = await control('world', worldOf(options.world));
    const tempo = await control('tune', Object.fromEntries(given));
    session.output.result({ ...(tempo as object), world });
    for (const [name, value] of Object.entries(tempo as Record<string, number>))
      session.output.line(`${name.padEnd(14)} ${value} ms`);
    for (const [name, value] of Object.entries(world as Record<string, unknown>))
      session.output.line(`${name.padEnd(14)} ${String(value)}`);
    return exitCodes.ok;
  },
};

/** Reads a world as a person writes it: a name, values, or both. What it may be is the emulator's to say. */
function worldOf(text: string | undefined): object {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(',').map((word) => {
      const [key = '', value] = word.split('=');
      if (value === undefined) return ['name', key];
      return [key, value === 'true' ? true : value === 'false' ? false : value];
    }),
  );
}
