import { reportSent, sendOptions } from '../../requests/approval.ts';
import type { CommandModule } from '../../cli/command.ts';
import { environmentWorkflowId } from '../../../contract/ids.ts';
import { liftPayload, messageNames } from '../../../contract/messages.ts';
import { operatorFlags, operatorPayload, placeOf, type OperatorFlags } from '../../requests/environment-message.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';

interface Options extends OperatorFlags {
  digest?: string;
}

export const lift: CommandModule<Options> = {
  summary: 'let an artifact be released again that is on hold',
  arguments: [['<service>', 'the service, as the catalog names it']],
  flags: [
    ...operatorFlags,
    ['--digest <digest>', 'only this artifact: sha256:<64 digits>; without it every hold'],
    flags.signal,
  ],
  examples: [
    './slipway environment lift openagents-runtime --environment production --by ' +
      'ann@example.com --reason "the backend is configured now"',
  ],
  connects: true,
  run: async (session, options, service) => {
    const place = placeOf(service, options.environment);
    const payload = await operatorPayload(session, liftPayload, options, { digest: options.digest });
    const slipway = await session.slipway();
    reportSent(
      session,
      messageNames.lift,
      environmentWorkflowId(place.service, place.environment),
      await slipway.lift(place, payload, sendOptions(options)),
    );
    return exitCodes.ok;
  },
};
