import { rolesOf } from '../../contract/people.ts';
import type { VerifiedKey } from '../../contract/proof.ts';
import { messageStatement, type MessageStatement } from '../../contract/statement.ts';
import type { Ports } from '../ports/index.ts';
import { currentEntry, verifySignedText } from './signed-text.ts';

export interface MessageToJudge {
  service: string;
  environment: string;
  /** Roles of which the sender must hold one, by the catalog of now. */
  roles: readonly string[];
  statement: MessageStatement;
  /** The signature as it arrived; absent where there is none. */
  signature?: string;
  /** Says that the message counts only with a signature where approvals are signed. */
  needsSignature: boolean;
  /** Says that approvals were signed when the run began: a later catalog does not take that back. */
  wasSigned: boolean;
}

/** `verified` is null where the sender is believed: nobody has proven who it was. */
export type MessageVerdict = { refused: string } | { verified: VerifiedKey | null };

/** Judges a message that is no approval, by the catalog of that moment: its sender's role, and the signature. */
export function createMessageActivities({ catalog, signatures }: Pick<Ports, 'catalog' | 'signatures'>) {
  return {
    async judgeMessage({ statement, roles, signature, ...message }: MessageToJudge): Promise<MessageVerdict> {
      const { by } = statement;
      const entry = await currentEntry(catalog, message);
      if (rolesOf(entry.owners, roles, by).length === 0)
        return { refused: `${by} holds none of the roles that decide here: ${roles.join(', ')}` };
      const isSigned = message.wasSigned || entry.settings.approvals.identity === 'signed';
      if (signature === undefined)
        return isSigned && message.needsSignature ? { refused: unsigned(statement) } : { verified: null };
      const what = `${statement.message} about ${statement.about} of ${statement.workflowId}`;
      const found = await verifySignedText(signatures, entry, {
        text: messageStatement(statement),
        by,
        pasted: signature,
        what,
      });
      return 'refused' in found ? found : { verified: found };
    },
  };
}

function unsigned({ message }: MessageStatement): string {
  return (
    `${message} is not signed, and approvals are signed here. The command line signs it for you ` +
    '(with --key it takes that key); the text to sign by hand is in status'
  );
}
