import { decideActions, messageNames, type DecideAction } from '../../contract/message-names.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, required, runArgument } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { isConfirmed, yesFlag } from '../requests/confirm.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import type { SendFlags } from '../requests/send-message.ts';

interface Options extends SendFlags {
  environment?: string;
  action?: string;
  by?: string;
  note?: string;
  evidence?: string;
  key?: string;
  yes?: boolean;
}

export const decide: CommandModule<Options> = {
  description:
    'A step whose outcome is unknown waits for a person. ./slipway status says which decisions are possible.',
  arguments: [runArgument],
  flags: [
    required(['--action <action>', decideActions.join(', '), { names: decideActions }]),
    flags.environment,
    flags.by,
    flags.note,
    flags.key,
    ['--evidence <text>', 'what you saw, as evidence for the decision; markDone needs it'],
    yesFlag,
    flags.signal,
    flags.timeout,
  ],
  examples: [
    './slipway decide openagents-runtime --environment production --action retry --note "the platform has recovered"',
  ],
  connects: true,
  run: async (session, { action, by, note, evidence, key, ...options }, given = '') => {
    const [{ decidePayload }, { messagePayload, reportSent, sendOptions }, { signDecision }] = await Promise.all([
      import('../../contract/messages.ts'),
      import('../requests/send-message.ts'),
      import('../requests/message-signature.ts'),
    ]);
    const fields = { action, by, note, evidence };
    const payload = await messagePayload(session, decidePayload, fields);
    const slipway = await session.slipway();
    const run = await resolveRun(session, slipway, { given, environment: options.environment, phases: ['parked'] });
    if (!(await isWanted(session, slipway, run, payload.action, options.yes))) return exitCodes.failed;
    const signed = await signDecision(session, slipway, run, payload, key);
    reportSent(session, messageNames.decide, run, await slipway.decide(run, signed, sendOptions(options)));
    return exitCodes.ok;
  },
};

/** Shows a person at a terminal what is parked and what their decision does, and asks whether they want that. */
async function isWanted(
  session: Session,
  slipway: SlipwayClient,
  run: string,
  action: DecideAction,
  yes?: boolean,
): Promise<boolean> {
  const { waitingFor } = await slipway.status(run);
  const choices = waitingFor !== null && 'choices' in waitingFor ? waitingFor.choices : [];
  const effect = choices?.find((choice) => choice.action === action)?.effect;
  if (!waitingFor || effect === undefined) return true;
  session.output.line(cleanLine(waitingFor.what));
  session.output.line(cleanLine(`${action}: ${effect}`));
  return isConfirmed(session, `${action}?`, yes);
}
