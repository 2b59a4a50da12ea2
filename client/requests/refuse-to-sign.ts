import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { cleanLine } from '../cli/text.ts';

/** Makes the error for a statement that says something else than its person has seen or named. */
export function refuseToSign(seen: string, statement: string): CommandError {
  return CommandError.refused(cleanLine(`${seen}, but a signature is asked for ${statement}: nothing was signed`), [
    'the question may have changed just now: answer again',
    'if it stays so, tell who operates Temporal and the workers',
  ]);
}

/** Throws a CommandError unless a statement names this installation: a signature for another one would count there. */
export async function requireInstallation(slipway: SlipwayClient, temporal: string | undefined): Promise<void> {
  // Runs of an earlier version name none.
  if (temporal === undefined) return;
  const own = await slipway.installation();
  if (temporal !== own) throw refuseToSign(`this is the Temporal namespace ${own}`, temporal);
}
