import { ApplicationFailure } from '@temporalio/common';
import type { SecretInUse } from '../../activities/ports/target.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { openSecretStore } from '../local/secret-store.ts';
import { readValues, type ValueSource } from '../requests/secret-values.ts';

/**
 * Adds all values, or none where one of them would reach users untested. Answers the numbers of the versions. `hint`
 * takes what a person has to know if the run does not start after that.
 */
export async function addVersions(
  session: Session,
  { service, settings: { target } }: CatalogEntry,
  environment: string,
  sources: readonly ValueSource[],
  hint: (line: string) => void,
): Promise<Record<string, string>> {
  const values = await readValues(sources);
  const store = await openSecretStore(session, target);
  const added: Record<string, string> = {};
  try {
    const inUse = await said(() => store.inUse(target));
    const secrets = [...values].map(([variable, value]) => ({ value, ...requireRotatable(inUse, variable) }));
    for (const { variable, secret, value } of secrets) {
      added[variable] = await said(() => store.add(target, secret, value));
      session.output.note(`version ${added[variable]} of secret ${secret} added, for ${variable} of ${service}`);
    }
    return added;
  } finally {
    const numbers = Object.entries(added).map(([variable, version]) => `${variable}=${version}`);
    const again = `./slipway rotate-secrets ${service} --environment ${environment} --versions ${numbers.join(',')}`;
    // Who adds the value again leaves a version that nothing reads.
    if (numbers.length > 0) hint(`these versions are added already, so start with them: ${again}`);
    await store.close();
  }

  /** Requires a version of its own: where the platform takes the newest, users would get the value untested. */
  function requireRotatable(found: readonly SecretInUse[], variable: string): SecretInUse {
    const one = found.find((other) => other.variable === variable);
    const names = found.map((other) => other.variable).join(', ') || 'none';
    if (!one) throw refusal(`${variable} carries no secret of what serves in ${environment}; those that do: ${names}`);
    if (one.version !== 'latest') return one;
    throw refusal(
      `what serves in ${environment} reads ${variable} as the newest version, so users would get a new value ` +
        'untested; nothing was added. Release or restart it first, and it stays with its version',
      `./slipway restart ${service} --environment ${environment} --reason 'pin the versions of its secrets' --watch`,
    );
  }
}

function refusal(message: string, ...hints: string[]): CommandError {
  return CommandError.badInput([{ path: 'secret', message }], hints);
}

/** Says a failure of the store as one of the command. The adapters' messages have names, and never a value. */
async function said<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw CommandError.failed(error.message);
    throw error;
  }
}
