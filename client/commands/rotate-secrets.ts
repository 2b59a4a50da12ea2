import { ApplicationFailure } from '@temporalio/common';
import type { SecretInUse } from '../../activities/ports/target.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { rotateSecretsInput, type RotateSecretsInput } from '../../contract/inputs.ts';
import { CommandError } from '../cli/command-error.ts';
import { flags } from '../cli/flags.ts';
import type { Session } from '../cli/session.ts';
import { openSecretStore } from '../local/secret-store.ts';
import { parseSources, readValues } from '../requests/secret-values.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
  secret?: string;
  versions?: string;
}

/** Stands for a version until it is added: the rest of the input is checked first. */
const notAddedYet = '1';

export const rotateSecrets = startCommand({
  type: 'rotateSecrets',
  summary: 'give what serves the next versions of its secrets, and disable the old ones once all is well',
  description: [
    'Adds each value to the secret store by your own credentials, on this machine, and starts the run with the number',
    'of the version: a value never reaches Temporal, Slipway or a log. It comes up beside what serves, passes the',
    'gates of a release, gets the traffic, and only then the old version is disabled. A secret is named by the',
    'variable that carries it. A line end at the end of a value is left out.',
  ].join(' '),
  schema: rotateSecretsInput,
  flags: [
    flags.environment,
    [
      '--secret <variables>',
      'variables whose next value is added now, with commas between: NAME=file, or NAME for standard input',
    ],
    ['--versions <numbers>', 'versions that are there already, with commas between: NAME=7'],
  ],
  examples: [
    './slipway rotate-secrets openagents-runtime --environment staging --secret SECRET_KEY_BASE < new-key --watch',
    './slipway rotate-secrets openagents-runtime --environment production --secret DATABASE_URL=new-url --print',
    './slipway rotate-secrets openagents-runtime --environment production --versions DATABASE_URL=7,SECRET_KEY_BASE=4',
  ],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment, secret, versions }) => ({
    environment,
    secrets: {
      ...Object.fromEntries((versions?.split(',') ?? []).map(pairOf)),
      ...Object.fromEntries(
        (secret === undefined ? [] : parseSources(secret)).map(({ variable }) => [variable, notAddedYet]),
      ),
    },
  }),
  complete: async (session, input, entries, { secret }) => {
    if (secret === undefined) return input;
    const [entry] = entries;
    if (!entry) throw CommandError.notFound('this machine has no catalog that says where the secrets are: --catalog');
    const values = await readValues(parseSources(secret));
    return { ...input, secrets: { ...input.secrets, ...(await addVersions(session, entry, input, values)) } };
  },
});

/** Adds all values, or none where one of them would reach users untested. Answers the numbers of the versions. */
async function addVersions(
  session: Session,
  { service, settings: { target } }: CatalogEntry,
  { environment }: RotateSecretsInput,
  values: ReadonlyMap<string, Uint8Array>,
): Promise<Record<string, string>> {
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
    // What goes wrong from here on must not lead to a further version that nothing reads.
    if (numbers.length > 0) session.output.note(`should the run not start, add nothing again: ${again}`);
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

function pairOf(part: string): [variable: string, version: string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
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
