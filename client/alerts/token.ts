import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Tells whether a request's header `Authorization` has the token: as a bearer token, or as the password of basic
 * authentication under any name. The comparison takes the same time for every wrong token.
 */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(header ?? '') ?? [];
  const given = scheme.toLowerCase() === 'basic' ? passwordIn(credentials) : credentials;
  return /^(bearer|basic)$/i.test(scheme) && timingSafeEqual(digest(given), digest(token));
}

function passwordIn(credentials: string): string {
  return Buffer.from(credentials, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
