import type { CommandModule } from '../../../command.ts';
import { exitCodes } from '../../../exit-codes.ts';
import { controlCloud } from '../../../sandbox-control.ts';

export const clear: CommandModule = {
  summary: 'take all faults away',
  examples: ['./slipway sandbox fault clear'],
  connects: true,
  run: async (session) => {
    session.output.result(await controlCloud(session, { method: 'DELETE', path: 'faults' }));
    session.output.line('no faults');
    return exitCodes.ok;
  },
};
