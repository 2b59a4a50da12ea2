import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HttpRoute } from '../server/http.ts';
import type { Store } from '../store/store.ts';
import { workerAccount } from '../../worker-account.ts';

/** Makes and checks identity tokens, which prove an account to one audience (platform: OpenID Connect, ID tokens). */
export interface Identity {
  issue(audience: string): string;
  /** Says whether it is a token of ours for this audience that is good now. */
  isFor(token: string, audience: string): boolean;
}

const lifetimeSeconds = 3_600;

/** Opens the key, which is kept: a token is still good after a restart. */
export function openIdentity(store: Store): Identity {
  const kept = store.collection<string>('identity.key');
  const key = kept.get('key') ?? randomBytes(32).toString('hex');
  kept.put('key', key);
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  return {
    issue: (audience) => {
      const iat = Math.floor(Date.now() / 1000);
      const claims = {
        iss: 'https://accounts.google.com',
        aud: audience,
        email: workerAccount,
        email_verified: true,
        iat,
      };
      const text = [
        { alg: 'HS256', typ: 'JWT' },
        { ...claims, exp: iat + lifetimeSeconds },
      ]
        .map(encoded)
        .join('.');
      return `${text}.${sign(text)}`;
    },
    isFor: (token, audience) => {
      const [header = '', claims = '', signature = ''] = token.split('.');
      const [given, own] = [signature, sign(`${header}.${claims}`)].map((text) => Buffer.from(text));
      if (!given || !own || given.length !== own.length || !timingSafeEqual(given, own)) return false;
      const { aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; exp: number };
      return aud === audience && exp > Date.now() / 1000;
    },
  };
}

/** Serves identity tokens as the metadata server does. Platform: Compute Engine, metadata server. */
export function metadataRoute({ identity }: { identity: Identity }): HttpRoute {
  return {
    method: 'GET',
    path: /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/identity$/,
    handle: ({ url, message }, response) => {
      const audience = url.searchParams.get('audience') ?? '';
      const isMeant = message.headers['metadata-flavor'] === 'Google';
      const status = !isMeant ? 403 : audience === '' ? 400 : 200;
      response.writeHead(status, { 'content-type': 'text/html', 'metadata-flavor': 'Google' });
      response.end(status === 200 ? identity.issue(audience) : 'Missing Metadata-Flavor:Google header, or audience.\n');
    },
  };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
