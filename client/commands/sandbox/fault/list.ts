import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import type { Fault } from '../../../view/faults.ts';

export const list: CommandModule = {
  examples: ['./slipway sandbox fault list --json'],
  connects: true,
  run: async (session) => {
    const [{ controlCloud }, { faultTable }] = await Promise.all([
      import('../../../local/sandbox-control.ts'),
      import('../../../view/faults.ts'),
    ]);
    const answer = (await controlCloud(session, { method: 'GET', path: 'faults' })) as { faults: Fault[] };
    session.output.result(answer);
    if (answer.faults.length === 0) session.output.line('no faults');
    for (const line of faultTable(answer.faults, session.output.colors)) session.output.line(line);
    return exitCodes.ok;
  },
};
