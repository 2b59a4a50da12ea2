import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { controlCloud } from '../../../local/sandbox-control.ts';

export const clear: CommandModule = {
  summary: 'remove all faults',
  examples: ['./slipway sandbox fault clear'],
  connects: true,
  run: async (session) => {
    session.output.result(await controlCloud(session, { method: 'DELETE', path: 'faults' }));
    session.output.line('no faults');
    return exitCodes.ok;
  },
};
