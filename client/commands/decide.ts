import { decideActions, messageNames, type DecideAction } from '../../contract/message-names.ts';
import type { RunReport } from '../api/run-report.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags, required, runArgument } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { isConfirmed, yesFlag } from '../requests/confirm.ts';
import type { MessageToSign } from '../requests/message-signature.ts';
import { resolveRun } from '../requests/resolve-run.ts';
import type { SendFlags } from '../requests/send-message.ts';

/** What is decided, and what is signed for it. */
interface Question {
  waitingFor: RunReport['waitingFor'];
  action: DecideAction;
  statement: MessageToSign | null;
}

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
    const [{ decidePayload }, { messagePayload, reportSent, sendOptions }, { decisionToSign, signMessage }] =
      await Promise.all([
        import('../../contract/messages.ts'),
        import('../requests/send-message.ts'),
        import('../requests/message-signature.ts'),
      ]);
    const fields = { action, by, note, evidence };
    const payload = await messagePayload(session, decidePayload, fields);
    const slipway = await session.slipway();
    const run = await resolveRun(session, slipway, { given, environment: options.environment, phases: ['parked'] });
    const { waitingFor } = await slipway.status(run);
    const statement = decisionToSign(run, waitingFor, payload.action);
    const question = { waitingFor, action: payload.action, statement };
    if (!(await isWanted(session, question, options.yes))) return exitCodes.failed;
    const signed = statement ? await signMessage(session, slipway, statement, payload, key) : payload;
    reportSent(session, messageNames.decide, run, await slipway.decide(run, signed, sendOptions(options)));
    return exitCodes.ok;
  },
};

/** Shows a person at a terminal what is parked and what their decision does, and asks whether they want that. */
async function isWanted(
  session: Session,
  { waitingFor, action, statement }: Question,
  yes?: boolean,
): Promise<boolean> {
  const choices = waitingFor !== null && 'choices' in waitingFor ? waitingFor.choices : [];
  const effect = choices?.find((choice) => choice.action === action)?.effect;
  if (!waitingFor || effect === undefined) return true;
  session.output.line(cleanLine(waitingFor.what));
  session.output.line(cleanLine(`${action}: ${effect}`));
  if (statement) session.output.line(cleanLine(`signed for: ${statement.about}, of ${statement.workflowId}`));
  return isConfirmed(session, `${action}?`, yes);
}
