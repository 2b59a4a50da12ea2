import { z } from 'zod';
import { read, type SlackAccess } from './api.ts';

/** The type of the metadata of our messages (Slack, message metadata): whose they are and what they tell. */
const eventType = 'slipway_notification';

const page = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        metadata: z
          .object({
            event_type: z.string(),
            event_payload: z.object({ subject: z.string(), key: z.string() }).or(z.unknown()),
          })
          .optional(),
      }),
    )
    .default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
});
const marker = z.object({ subject: z.string(), key: z.string() });

export type Marker = z.infer<typeof marker>;

/** A message of ours, as the platform has it. */
export interface MarkedMessage extends Marker {
  ts: string;
}

const pageSize = 100;
const maxPages = 3;
/** The clocks of Slack and Temporal may differ by so much. */
const slackMs = 5 * 60_000;

/** Makes the metadata of a message, by which a repeat finds it. */
export function metadataOf({ subject, key }: Marker): object {
  return { event_type: eventType, event_payload: { subject, key } };
}

/** Finds the first message of a subject in a channel; null if there is none, or the token may not look. */
export async function findFirst(
  access: SlackAccess,
  channel: string,
  subject: string,
  openedAt: string,
): Promise<MarkedMessage | null> {
  const found = await marked(access, 'conversations.history', { channel, oldest: before(openedAt) }, (message) => {
    return message.subject === subject;
  });
  return found.at(-1) ?? null;
}

/** Says whether a thread has a message with this key. */
export async function hasReply(
  access: SlackAccess,
  channel: string,
  thread: string,
  { key, at }: { key: string; at: string },
): Promise<boolean> {
  const form = { channel, ts: thread, oldest: before(at) };
  return (await marked(access, 'conversations.replies', form, (message) => message.key === key)).length > 0;
}

/**
 * Reads pages until there is a match. A token without the scope to read cannot look, so what it repeats may come twice.
 */
async function marked(
  access: SlackAccess,
  method: string,
  form: Record<string, string>,
  isMatch: (message: MarkedMessage) => boolean,
): Promise<MarkedMessage[]> {
  let cursor = '';
  for (let number = 1; number <= maxPages; number += 1) {
    const query = { ...form, limit: String(pageSize), include_all_metadata: 'true', ...(cursor && { cursor }) };
    const { messages, response_metadata } = page.parse(await read(access, method, query, ['missing_scope']));
    const found = messages.flatMap(({ ts, metadata }) => {
      const parsed = marker.safeParse(metadata?.event_payload);
      return metadata?.event_type === eventType && parsed.success ? [{ ...parsed.data, ts }] : [];
    });
    const matches = found.filter(isMatch);
    cursor = response_metadata?.next_cursor ?? '';
    if (matches.length > 0 || cursor === '') return matches;
  }
  return [];
}

/** Writes a moment as Slack does: seconds, with a fraction. */
function before(at: string): string {
  return ((Date.parse(at) - slackMs) / 1000).toFixed(6);
}
