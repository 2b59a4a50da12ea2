import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { controlCloud } from '../../../local/sandbox-control.ts';

export const clear: CommandModule = {
  summary: 'give all permissions back',
  examples: ['./slipway sandbox permission clear'],
  connects: true,
  run: async (session) => {
    session.output.result(await controlCloud(session, { method: 'DELETE', path: 'permissions' }));
    session.output.line('everybody has every permission');
    return exitCodes.ok;
  },
};
