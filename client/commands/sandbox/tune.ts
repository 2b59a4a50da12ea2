import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { parseNumber } from '../../cli/values.ts';

const knobs = [
  ...(['operationMs', 'callMs', 'listLagMs', 'executionLagMs', 'jobLagMs', 'secretLagMs', 'logDelayMs'] as const),
  'buildMs',
] as const;
const quotas = ['run-reads', 'run-writes', 'log-reads'] as const;
type Quotas = Partial<Record<(typeof quotas)[number], number | null>>;
type Options = Partial<Record<(typeof knobs)[number], number>> & { quota?: Quotas; world?: string };

export const tune: CommandModule<Options> = {
  description:
    'Without a flag it shows the tempo, the quotas and the world. A value stays set, also after a restart. A quota ' +
    'is the number of calls in a minute: `run-reads` and `run-writes` of Cloud Run, `log-reads` of Cloud Logging. A ' +
    'world says what nobody outside the platform knows: recorded, described or bare, values such as ' +
    'startToken=refused, or both.',
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
      '--quota <quotas>',
      'such as run-reads=600,run-writes=30,log-reads=60; none counts nothing',
      { parse: parseQuotas },
    ],
    [
      '--world <names and values>',
      'how the platform behaves where nobody knows it, such as bare or startToken=refused',
    ],
  ],
  examples: [
    './slipway sandbox tune --operation-ms 30000 --call-ms 200',
    './slipway sandbox tune --quota run-reads=600,run-writes=30,log-reads=60',
    './slipway sandbox tune --world bare',
    './slipway sandbox tune --world recorded,startToken=refused',
    './slipway sandbox tune --json',
  ],
  connects: true,
  run: async (session, { quota = {}, world, ...options }) => {
    const { controlCloud } = await import('../../local/sandbox-control.ts');
    const control = async (path: 'tune' | 'quotas' | 'world', body: object) =>
      controlCloud(session, Object.keys(body).length === 0 ? { method: 'GET', path } : { method: 'PUT', path, body });
    const given = knobs.map((knob) => [knob, options[knob]] as const).filter(([, value]) => value !== undefined);
    const entered = await control('world', worldOf(world));
    const counted = (await control('quotas', quota)) as Quotas;
    const tempo = await control('tune', Object.fromEntries(given));
    session.output.result({ ...(tempo as object), quotas: counted, world: entered });
    const line = (name: string, value: string) => session.output.line(`${name.padEnd(14)} ${value}`);
    for (const [name, value] of Object.entries(tempo as Record<string, number>)) line(name, `${value} ms`);
    for (const name of quotas) line(name, counted[name] ? `${counted[name]} a minute` : 'not counted');
    for (const [name, value] of Object.entries(entered as Record<string, unknown>)) line(name, String(value));
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

function parseQuotas(text: string): Quotas {
  if (text === 'none') return Object.fromEntries(quotas.map((name) => [name, null]));
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [, name = '', value = ''] = /^([a-z-]+)=([1-9]\d*)$/.exec(part.trim()) ?? [];
      if (!quotas.some((known) => known === name))
        throw new Error(`must be none, or a list such as run-reads=600 of ${quotas.join(', ')}`);
      return [name, Number(value)];
    }),
  );
}
