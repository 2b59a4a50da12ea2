import { createHmac } from 'node:crypto';
import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import { finalFailure } from '../failure.ts';
import type { Messenger } from '../ports/notifications.ts';
import { failureOfAnswer, post } from '../post.ts';

/** The version of the body's form. */
const version = 1;
/** The beginning of a key that is written in base64 (Standard Webhooks, signature scheme). */
const base64Prefix = 'whsec_';

/**
 * Posts notifications as JSON. Headers and signature are those of Standard Webhooks, so a receiver can verify them by
 * a library it has. A repeat carries the id of the first; whether it counts twice is the receiver's.
 */
export function createWebhook(): Messenger<ChannelOf<'webhook'>> {
  return {
    async tell({ channel, notification, secret, signal }) {
      const address = typeof channel.url === 'string' ? channel.url : await secret(channel.url);
      const url = URL.parse(address);
      if (!url || !['http:', 'https:'].includes(url.protocol))
        throw finalFailure('BadRequest', 'the secret with the address of the webhook holds no http or https URL');
      const body = JSON.stringify({ version, ...notification });
      const { key } = notification;
      const timestamp = String(Math.floor(Date.now() / 1000));
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': key,
        'webhook-id': key,
        'webhook-timestamp': timestamp,
        ...(channel.signature && {
          'webhook-signature': signatureOf(await secret(channel.signature), `${key}.${timestamp}.${body}`),
        }),
      };
      const place = `the webhook at ${url.host}`;
      const answer = await post({ place, url, headers, body, signal });
      if (answer.status >= 200 && answer.status < 300) return { thread: null };
      throw failureOfAnswer(place, answer);
    },
  };
}

function signatureOf(secret: string, signed: string): string {
  const key = secret.startsWith(base64Prefix)
    ? Buffer.from(secret.slice(base64Prefix.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
