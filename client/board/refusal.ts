import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The part of a request by which it is judged. */
export type JudgedRequest = Pick<IncomingMessage, 'method' | 'headers'>;

/**
 * Says why a request is not answered; null where it is. A page of a stranger may not read the board: not by a name that
 * it lets point here (DNS rebinding), and not in the background.
 */
export function refusalOf(
  { method, headers }: JudgedRequest,
  names: readonly string[],
): { status: number; reason: string } | null {
  if (!isOwnName(headers.host ?? '', names))
    return { status: 421, reason: 'this name is not the board; allow it with --name' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'the board only reads: GET' };
  const isBackground = headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
  return isBackground ? { status: 403, reason: 'other pages may link here, and no more' } : null;
}

/** An address is nobody's to point elsewhere; of names only this machine's and those that were given count. */
function isOwnName(host: string, names: readonly string[]): boolean {
  const { hostname = '' } = URL.parse(`http://${host}`) ?? {};
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) !== 0 || address === 'localhost' || names.includes(address);
}
