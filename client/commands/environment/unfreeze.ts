import { reportSent, sendOptions } from '../../requests/approval.ts';
import type { CommandModule } from '../../cli/command.ts';
import { unfreezePayload, messageNames } from '../../../contract/messages.ts';
import { environmentWorkflowId } from '../../../contract/ids.ts';
import { operatorFlags, operatorPayload, placeOf, type OperatorFlags } from '../../requests/environment-message.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';

export const unfreeze: CommandModule<OperatorFlags> = {
  summary: 'end a freeze',
  arguments: [['<service>', 'the service, as the catalog names it']],
  flags: [...operatorFlags, flags.signal],
  examples: [
    './slipway environment unfreeze openagents-runtime --environment production --by ' +
      'ann@example.com --reason "the sale is over"',
  ],
  connects: true,
  run: async (session, options, service) => {
    const place = placeOf(service, options.environment);
    const payload = await operatorPayload(session, unfreezePayload, options);
    const slipway = await session.slipway();
    reportSent(
      session,
      messageNames.unfreeze,
      environmentWorkflowId(place.service, place.environment),
      await slipway.unfreeze(place, payload, sendOptions(options)),
    );
    return exitCodes.ok;
  },
};
