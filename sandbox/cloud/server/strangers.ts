import type { IncomingMessage } from 'node:http';

/** The part of a request by which it is judged. */
export type JudgedRequest = Pick<IncomingMessage, 'headers'>;

/**
 * Says why a request is not answered; null where it is. The emulator starts programs for whoever asks, so no web page
 * may ask: not by a name that points here (DNS rebinding), and not in the background. A browser names itself with
 * `Origin` on every request that may change something, and with `Sec-Fetch-Site` on each to this machine.
 */
export function strangerRefusal({ headers }: JudgedRequest): { status: number; reason: string } | null {
  if (!isThisMachine(headers.host ?? ''))
    return { status: 421, reason: 'the sandbox answers to 127.0.0.1 and localhost only' };
  const isFromPage = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  return isFromPage ? { status: 403, reason: 'the sandbox answers programs, not web pages' } : null;
}

function isThisMachine(host: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname;
  return name === '127.0.0.1' || name === 'localhost' || name === '[::1]';
}
