import { reportSent, sendOptions } from '../../requests/approval.ts';
import type { CommandModule } from '../../cli/command.ts';
import { environmentWorkflowId } from '../../../contract/ids.ts';
import { freezePayload, messageNames } from '../../../contract/messages.ts';
import { operatorFlags, operatorPayload, placeOf, type OperatorFlags } from '../../requests/environment-message.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

interface Options extends OperatorFlags {
  until?: string;
}

export const freeze: CommandModule<Options> = {
  summary: 'nobody may release here, until a time or until it is unfrozen',
  description:
    'A rollback and the mitigation of an incident stay possible. A release that has not shifted traffic yet waits.',
  arguments: [['<service>', 'the service, as the catalog names it']],
  flags: [...operatorFlags, ['--until <time>', 'when it ends by itself, such as 2026-03-01T18:00:00Z']],
  examples: [
    './slipway environment freeze openagents-runtime --environment production --by ' +
      'ann@example.com --reason "sale weekend" --until 2026-03-01T18:00:00Z',
  ],
  connects: true,
  run: async (session, options, service) => {
    const place = placeOf(service, options.environment);
    const payload = await operatorPayload(session, freezePayload, options, { until: options.until });
    const slipway = await session.slipway();
    reportSent(
      session,
      messageNames.freeze,
      environmentWorkflowId(place.service, place.environment),
      await slipway.freeze(place, payload, sendOptions(options)),
    );
    return exitCodes.ok;
  },
};
