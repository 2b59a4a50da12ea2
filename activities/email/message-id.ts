import { createHash } from 'node:crypto';
import type { Notification } from '../../contract/notification.ts';

/** The identifiers by which mail programs know a message again, and to which thread it belongs (RFC 5322, 3.6.4). */
export interface MessageIds {
  messageId: string;
  /** Of no message: what all messages about one subject refer to. So a first one that was lost breaks no thread. */
  thread: string;
}

/** Makes a message's identifiers of the notification's key: a repeat has the same. */
export function messageIds({ key, subject }: Pick<Notification, 'key' | 'subject'>, from: string): MessageIds {
  const domain = from.slice(from.indexOf('@') + 1);
  return { messageId: idOf(key, domain), thread: idOf(`thread ${subject.id}`, domain) };
}

/** A key may have any letter and any length; an identifier may not. */
function idOf(text: string, domain: string): string {
  return `<${createHash('sha256').update(text).digest('hex').slice(0, 40)}.slipway@${domain}>`;
}
