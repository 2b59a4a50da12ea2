import { CommandError } from '../cli/command-error.ts';
import { flags } from '../cli/flags.ts';
import { parseSources } from '../requests/secret-values.ts';
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
  description: [
    'Adds each value to the secret store by your own credentials, on this machine, and starts the run with the number',
    'of the version: a value never reaches Temporal, Slipway or a log. It comes up beside what serves, passes the',
    'gates of a release, gets the traffic, and only then the old version is disabled. A secret is named by the',
    'variable that carries it. A line end at the end of a value is left out.',
  ].join(' '),
  flags: [
    flags.ownEnvironment,
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
  complete: async (session, input, entries, { secret }, hint) => {
    if (secret === undefined) return input;
    const [entry] = entries;
    if (!entry) throw CommandError.notFound('this machine has no catalog that says where the secrets are: --catalog');
    const { addVersions } = await import('./add-secret-versions.ts');
    const added = await addVersions(session, entry, input.environment, parseSources(secret), hint);
    return { ...input, secrets: { ...input.secrets, ...added } };
  },
});

function pairOf(part: string): [variable: string, version: string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}
