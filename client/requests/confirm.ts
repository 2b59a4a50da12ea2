import type { Flag } from '../cli/command.ts';
import type { Session } from '../cli/session.ts';

export const yesFlag = ['--yes', 'do not ask "are you sure?" on a terminal'] satisfies Flag;

/**
 * Asks a person at a terminal whether that is what they want; a script is not asked. Answers false where they say no or
 * leave; nothing may be sent then.
 */
export async function isConfirmed(
  { output }: Pick<Session, 'output'>,
  question: string,
  yes = false,
): Promise<boolean> {
  if (yes || !output.live || process.stdin.isTTY !== true) return true;
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, active: 'yes', inactive: 'no', initialValue: false });
  if (answer === true && !isCancel(answer)) return true;
  output.note('nothing was sent');
  return false;
}
