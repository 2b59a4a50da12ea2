import type { RepositoryEntry } from '../../contract/catalog/repository.ts';
import { finalFailure, passingFailure, signInFailure } from '../failure.ts';
import type { WorkerSecrets } from '../ports/notifications.ts';

/** What git gets to read one repository, and no other: as variables of its process, never as arguments or in files. */
export interface Access {
  environment: Record<string, string>;
  /** What no text may show. */
  token: string | null;
}

/** Any name will do for the hosts of git: the token alone counts. */
const anyUser = 'x-access-token';

/**
 * Makes the access to a repository. Git asks nobody at a terminal, takes no local path and no exotic transport as a
 * source, and no host whose key is not known. Throws where the worker lacks the token.
 */
export function accessTo({ url, token: reference }: RepositoryEntry, secrets: WorkerSecrets): Access {
  const common = {
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'http:https:ssh',
    LC_ALL: 'C',
    GIT_SSH_COMMAND: `${process.env['GIT_SSH_COMMAND'] ?? 'ssh'} -o BatchMode=yes -o StrictHostKeyChecking=yes`,
  };
  if (!reference) return { environment: common, token: null };
  const token = secrets.read(reference.variable)?.trim();
  if (!token)
    throw finalFailure('Missing', `the worker has no variable ${reference.variable}: set it and start the worker anew`);
  const environment = {
    ...common,
    GIT_ASKPASS: '',
    ...helperFor(url, reference.variable),
    [reference.variable]: token,
  };
  return { environment, token };
}

/**
 * Gives git one credential helper, for this URL alone, and switches the machine's own off: they could store the token.
 * Platform: git, gitcredentials and GIT_CONFIG_COUNT.
 */
function helperFor(url: string, variable: string): Record<string, string> {
  const user = /^https?:\/\/[^/@]+@/.test(url) ? [] : [`username=${anyUser}`];
  const lines = [...user, `password=$${variable}`].map((line) => `printf '%s\\n' "${line}"`);
  const place = url.replace(/^(https?:\/\/)[^/@]*@/, '$1');
  const configuration = [
    ['credential.helper', ''],
    [`credential.${place}.helper`, `!f() { test "$1" != get || { ${lines.join('; ')}; }; }; f`],
  ];
  // The worker's own come first, as git counts them.
  const own = Number(process.env['GIT_CONFIG_COUNT'] ?? 0);
  const numbered = configuration.flatMap(([key = '', value = ''], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${own + index}`, key],
    [`GIT_CONFIG_VALUE_${own + index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(own + configuration.length), ...Object.fromEntries(numbered) };
}

const refusals: readonly (readonly [text: RegExp, next: string])[] = [
  [/Host key verification failed/, 'add the key of the host to the known_hosts of the worker: ssh-keyscan <host>'],
  [/Permission denied \(|Repository not found/, 'see that the key of the worker may read it'],
  [
    /Authentication failed|could not read (Username|Password)|returned error: 40[13]/,
    'a private repository needs token: {variable: SLIPWAY_SECRET_…} in the catalog, with a token that may read it',
  ],
];

/** Makes the failure of a fetch of what git said. Refused credentials are final after some attempts. */
export function fetchFailure({ url }: RepositoryEntry, { token }: Access, said: string): Error {
  const text = token === null ? said : said.replaceAll(token, '***');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.find((line) => line.startsWith('fatal: ') && !line.includes('Could not read from remote'));
  const message = `${url} cannot be fetched: ${fatal ?? lines[0] ?? 'git did not answer in time'}`;
  const next = refusals.find(([refusal]) => refusal.test(text))?.[1];
  return next === undefined ? passingFailure(message) : signInFailure(`${message}; ${next}`);
}
