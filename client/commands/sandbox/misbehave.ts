import { CommandError } from '../../cli/command-error.ts';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';

interface Options {
  service: string;
  environment: string;
  off?: boolean;
}

export const misbehave: CommandModule<Options> = {
  description: [
    'Without a way, or with list, it shows the ways and where one is on. The metrics and the log of the service change',
    'within a second or two, without a new revision; it stays so until --off, also after a restart.',
  ].join(' '),
  arguments: [['[way]', 'the way to misbehave, or list']],
  flags: [
    ['--service <name>', 'the service', { fallback: 'openagents-runtime' }],
    ['-e, --environment <name>', 'the environment of the service', { fallback: 'production' }],
    ['--off', 'end the way; without a way, all of them'],
  ],
  examples: [
    './slipway sandbox misbehave list',
    './slipway sandbox misbehave tool-failures',
    './slipway sandbox misbehave tool-failures --environment cluster',
    './slipway sandbox misbehave --off',
  ],
  connects: true,
  run: async (session, { service, environment, off = false }, way) => {
    const [{ runningSandbox }, { switchWay }] = await Promise.all([
      import('../../local/sandbox-control.ts'),
      import('../../../sandbox/misbehaviour/switch.ts'),
    ]);
    const { dir } = await runningSandbox(session);
    const isList = way === 'list' || (way === undefined && !off);
    if (isList) return list(session, dir);
    const on = await switchWay(dir, { service, environment }, { way, isOn: !off }).catch((error: Error) => {
      throw CommandError.badInput([{ path: '', message: error.message }]);
    });
    session.output.result({ service, environment, ways: on });
    session.output.line(`${service} in ${environment}: ${on.length === 0 ? 'as usual' : on.join(', ')}`);
    return exitCodes.ok;
  },
};

async function list({ output }: Session, dir: string): Promise<ExitCode> {
  const [{ waysThatAreOn }, { ways }, { tableLines }] = await Promise.all([
    import('../../../sandbox/misbehaviour/switch.ts'),
    import('../../../sandbox/misbehaviour/ways.ts'),
    import('../../view/table.ts'),
  ]);
  const on = await waysThatAreOn(dir);
  output.result({ ways, on });
  const rows = Object.entries(ways).map(([name, { category, summary, alert }]) => [
    name,
    category ?? '',
    on.flatMap((each) => (each.ways.some((way) => way === name) ? [each.place] : [])).join(', '),
    alert,
    summary,
  ]);
  const header = ['WAY', 'CATEGORY', 'ON IN', 'ALERT', 'WHAT HAPPENS'];
  for (const line of tableLines(header, rows, output.colors)) output.line(line);
  return exitCodes.ok;
}
