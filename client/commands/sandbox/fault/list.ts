import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { faultLine, type Fault } from '../../../view/faults.ts';

export const list: CommandModule = {
  examples: ['./slipway sandbox fault list --json'],
  connects: true,
  run: async (session) => {
    const { controlCloud } = await import('../../../local/sandbox-control.ts');
    const answer = (await controlCloud(session, { method: 'GET', path: 'faults' })) as { faults: Fault[] };
    session.output.result(answer);
    if (answer.faults.length === 0) session.output.line('no faults');
    for (const fault of answer.faults) session.output.line(faultLine(fault));
    return exitCodes.ok;
  },
};
