import { reportSent, sendOptions } from '../../requests/approval.ts';
import type { CommandModule } from '../../cli/command.ts';
import { breakLockPayload, messageNames } from '../../../contract/messages.ts';
import { environmentWorkflowId } from '../../../contract/ids.ts';
import { operatorFlags, operatorPayload, placeOf, type OperatorFlags } from '../../requests/environment-message.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';

export const breakLock: CommandModule<OperatorFlags> = {
  summary: 'take the environment from its holder, after a look at what it left',
  arguments: [['<service>', 'the service, as the catalog names it']],
  flags: [...operatorFlags, flags.signal],
  examples: [
    './slipway environment break-lock openagents-runtime --environment production --by ' +
      'ann@example.com --reason "its worker is gone for good"',
  ],
  connects: true,
  run: async (session, options, service) => {
    const place = placeOf(service, options.environment);
    const payload = await operatorPayload(session, breakLockPayload, options);
    const slipway = await session.slipway();
    reportSent(
      session,
      messageNames.breakLock,
      environmentWorkflowId(place.service, place.environment),
      await slipway.breakLock(place, payload, sendOptions(options)),
    );
    return exitCodes.ok;
  },
};
