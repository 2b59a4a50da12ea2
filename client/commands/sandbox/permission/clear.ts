import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';

export const clear: CommandModule = {
  examples: ['./slipway sandbox permission clear'],
  connects: true,
  run: async (session) => {
    const { controlCloud } = await import('../../../local/sandbox-control.ts');
    session.output.result(await controlCloud(session, { method: 'DELETE', path: 'permissions' }));
    session.output.line('nothing is taken away, and every account has what it had');
    return exitCodes.ok;
  },
};
