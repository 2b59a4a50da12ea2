import { createHmac } from 'node:crypto';
import type { ChannelOf, SecretReference } from '../../contract/catalog/notifications.ts';
import type { TicketOf } from '../../contract/catalog/tickets.ts';
import { finalFailure } from '../failure.ts';
import type { Messenger } from '../ports/notifications.ts';
import type { Ticket } from '../ports/tickets.ts';
import { failureOfAnswer, post } from '../post.ts';

/** The version of the body's form. */
const version = 1;
/** The beginning of a key that is written in base64 (Standard Webhooks, signature scheme). */
const base64Prefix = 'whsec_';

/** Posts notifications as JSON. Whether a repeat counts twice is the receiver's: it carries the id of the first. */
export function createWebhook(): Messenger<ChannelOf<'webhook'>> {
  return {
    async tell({ channel, link, notification, secret, signal }) {
      await postSigned(channel, notification.key, { version, ...notification, link }, secret, signal);
      return { thread: null };
    },
  };
}

/** Posts evidence as JSON: the manifest with its hash, the release notes, and how the change ended. */
export function createTicketWebhook(): Ticket<TicketOf<'webhook'>> {
  return {
    attach: ({ ticket, manifest, hash, notes, outcome, verified, number, secret, signal }) => {
      const content = { version, event: 'evidence', outcome, verified, ticket: number, hash, manifest, notes };
      return postSigned(ticket, `${manifest.change}-evidence-${hash.slice(0, 12)}`, content, secret, signal);
    },
  };
}

/**
 * Posts JSON with the headers and the signature of Standard Webhooks, so that a receiver can verify them by a library
 * it has. Answers the place that took it.
 */
async function postSigned(
  { url: given, signature }: Pick<ChannelOf<'webhook'>, 'url' | 'signature'>,
  key: string,
  content: object,
  secret: (reference: SecretReference) => Promise<string>,
  signal: AbortSignal,
): Promise<string> {
  const address = typeof given === 'string' ? given : await secret(given);
  const url = URL.parse(address);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw finalFailure('BadRequest', 'the secret with the address of the webhook holds no http or https URL');
  const body = JSON.stringify(content);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    'webhook-id': key,
    'webhook-timestamp': timestamp,
    ...(signature && { 'webhook-signature': signatureOf(await secret(signature), `${key}.${timestamp}.${body}`) }),
  };
  const place = `the webhook at ${url.host}`;
  const answer = await post({ place, url, headers, body, signal });
  if (answer.status >= 200 && answer.status < 300) return place;
  throw failureOfAnswer(place, answer);
}

function signatureOf(secret: string, signed: string): string {
  const key = secret.startsWith(base64Prefix)
    ? Buffer.from(secret.slice(base64Prefix.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
