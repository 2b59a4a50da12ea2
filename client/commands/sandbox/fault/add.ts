import type { CommandModule } from '../../../cli/command.ts';
import { CommandError } from '../../../cli/command-error.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { required } from '../../../cli/flags.ts';
import { parseNumber } from '../../../cli/values.ts';
import type { Fault } from '../../../view/faults.ts';

interface Options {
  method?: string;
  nth: number;
  kind?: string;
  code?: string;
  ms?: number;
}

export const add: CommandModule<Options> = {
  description: [
    'delay: the call starts late, and takes effect even if the caller has given up. error: the answer is --code,',
    'and nothing happens. lost: it happens, but no answer is sent. hang: nothing happens, and no answer is sent.',
  ].join(' '),
  flags: [
    required(['--method <name>', 'full gRPC name, such as google.cloud.run.v2.Jobs/RunJob']),
    ['--nth <number>', 'which call', { fallback: 1, parse: parseNumber }],
    required(['--kind <kind>', 'delay, error, lost or hang', { names: ['delay', 'error', 'lost', 'hang'] }]),
    ['--code <name>', 'with error: a gRPC status, such as UNAVAILABLE'],
    ['--ms <milliseconds>', 'with delay: how long', { parse: parseNumber }],
  ],
  examples: [
    './slipway sandbox fault add --method google.cloud.run.v2.Jobs/UpdateJob --nth 1 --kind lost',
    './slipway sandbox fault add --method google.cloud.run.v2.Jobs/GetJob --nth 2 --kind error --code UNAVAILABLE',
  ],
  connects: true,
  run: async (session, { method, nth, kind, code, ms }) => {
    const missing = Object.entries({ method, kind }).filter(([, value]) => value === undefined);
    if (missing.length > 0)
      throw CommandError.badInput(missing.map(([name]) => ({ path: name, message: 'must be given' })));
    const body = { method, nth, kind, code, ms };
    const [{ controlCloud }, { faultTable }] = await Promise.all([
      import('../../../local/sandbox-control.ts'),
      import('../../../view/faults.ts'),
    ]);
    const fault = (await controlCloud(session, { method: 'POST', path: 'faults', body })) as Fault;
    session.output.result(fault);
    for (const line of faultTable([fault], session.output.colors)) session.output.line(line);
    return exitCodes.ok;
  },
};
