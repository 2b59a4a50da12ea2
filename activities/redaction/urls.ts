import { isSecretField } from './documents.ts';

/** What a service makes for one receiver, as at the end of a webhook's address; a word or a name is none. */
const made = /^(?=.*\d)(?=.*[a-z])[\w-]{16,}$/i;

/** Lists what is secret of an address: a password, values with a secret's name, and the end of a webhook's path. */
export function secretsOfUrl(value: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value)) return [];
  return [...passwordsOf(value), ...secretsOfPath(value)];
}

/** One that is the user's name is no secret. A raw `@` in it goes against RFC 3986, and clients take it. */
function passwordsOf(value: string): string[] {
  const [, user = '', all = ''] = /^[^:]+:\/\/([^:/@]*):([^/]+)@/.exec(value) ?? [];
  const written = [all, all.split('@')[0] ?? ''].filter((one) => one !== user);
  return written.flatMap((one) => [one, decoded(one)]);
}

function secretsOfPath(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { protocol, pathname, searchParams } = new URL(value);
  const named = [...searchParams].filter(([name]) => isSecretField(name)).map(([, text]) => text);
  const end = /^https?:$/.test(protocol) ? (pathname.split('/').findLast((part) => part !== '') ?? '') : '';
  return [...named, ...(made.test(end) ? [end] : [])];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
