import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { controlCloud } from '../../../local/sandbox-control.ts';
import { faultLine, type Fault } from '../../../view/faults.ts';

export const list: CommandModule = {
  summary: 'list the faults that were added, and which have happened',
  examples: ['./slipway sandbox fault list --json'],
  connects: true,
  run: async (session) => {
    const answer = (await controlCloud(session, { method: 'GET', path: 'faults' })) as { faults: Fault[] };
    session.output.result(answer);
    if (answer.faults.length === 0) session.output.line('no faults');
    for (const fault of answer.faults) session.output.line(faultLine(fault));
    return exitCodes.ok;
  },
};
