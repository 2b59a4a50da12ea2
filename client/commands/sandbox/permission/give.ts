import type { CommandModule } from '../../../cli/command.ts';
import { CommandError } from '../../../cli/command-error.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { required } from '../../../cli/flags.ts';
import { accountLine, type Account } from '../../../view/permissions.ts';

interface Options {
  account?: string;
  permissions?: string;
}

export const give: CommandModule<Options> = {
  description: [
    'A caller is the account that its token names: authorization: Bearer tester@example.com. A caller without a token',
    'may do everything. The worker of the sandbox calls as worker@slipway-sandbox.iam.gserviceaccount.com, and has',
    'what docs/reference/permissions.md lists.',
  ].join(' '),
  flags: [
    required(['--account <email>', 'the account; it has these permissions and no other']),
    required(['--permissions <names>', "the permissions, with commas between them; '' for none"]),
  ],
  examples: [
    './slipway sandbox permission give --account tester@example.com --permissions run.services.get,run.services.list',
  ],
  connects: true,
  run: async (session, { account, permissions }) => {
    if (account === undefined || permissions === undefined) {
      const missing = Object.entries({ account, permissions }).filter(([, value]) => value === undefined);
      throw CommandError.badInput(missing.map(([path]) => ({ path, message: 'must be given' })));
    }
    const { controlCloud } = await import('../../../local/sandbox-control.ts');
    const body = { account, permissions: permissions.split(',').filter((name) => name !== '') };
    const given = (await controlCloud(session, { method: 'PUT', path: 'permissions', body })) as Account;
    session.output.result(given);
    session.output.line(accountLine(given));
    return exitCodes.ok;
  },
};
