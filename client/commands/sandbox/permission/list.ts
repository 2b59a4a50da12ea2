import type { CommandModule } from '../../../cli/command.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { accountLine, denialLine, type Account, type Denial } from '../../../view/permissions.ts';

export const list: CommandModule = {
  examples: ['./slipway sandbox permission list --json'],
  connects: true,
  run: async (session) => {
    const { controlCloud } = await import('../../../local/sandbox-control.ts');
    const answer = (await controlCloud(session, { method: 'GET', path: 'permissions' })) as {
      denied: Denial[];
      accounts: Account[];
    };
    session.output.result(answer);
    if (answer.denied.length === 0) session.output.line('no permission was taken away');
    for (const denial of answer.denied) session.output.line(denialLine(denial));
    for (const account of answer.accounts) session.output.line(accountLine(account));
    return exitCodes.ok;
  },
};
