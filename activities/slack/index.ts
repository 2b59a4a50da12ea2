import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import { finalFailure } from '../failure.ts';
import type { Delivery, Messenger } from '../ports/notifications.ts';
import { write, type SlackAccess } from './api.ts';
import { findFirst, hasReply, metadataOf } from './markers.ts';
import { eventText, stateText } from './text.ts';

/** Errors of a first message that is not there any more: a new one begins (Slack, chat.update). */
const goneErrors = ['message_not_found', 'thread_not_found'];
/** Errors of a first message that may not be changed: the answers in its thread tell all the same. */
const lockedErrors = ['cant_update_message', 'edit_window_closed'];

type SlackDelivery = Delivery<ChannelOf<'slack'>>;

/**
 * Tells a Slack channel by the Web API: one thread a subject. Its first message shows the present state, each answer
 * what happened. Slack has no key by which it would recognise a repeat, so a repeat looks for our metadata first; what
 * Slack takes in without an answer and shows only later comes twice.
 */
export function createSlack(api: string): Messenger<ChannelOf<'slack'>> {
  return {
    async tell(delivery) {
      const { channel, notification, isRepeat, secret, signal, thread } = delivery;
      const { key, subject } = notification;
      const access: SlackAccess = { api, token: await secret(channel.token), signal };
      const found =
        thread === null && isRepeat ? await findFirst(access, channel.channel, subject.id, subject.openedAt) : null;
      if (found?.key === key) return { thread: found.ts };
      const known = thread ?? found?.ts;
      if (known === undefined || !(await showState(access, delivery, known))) return begin(access, delivery);
      await answer(access, delivery, known);
      return { thread: known };
    },
  };
}

/** Posts the first message; its timestamp is the thread. */
async function begin(access: SlackAccess, { channel, link, notification }: SlackDelivery): Promise<{ thread: string }> {
  const { ts } = await write(access, 'chat.postMessage', {
    ...messageOf(channel, stateText(notification, link)),
    metadata: metadataOf({ subject: notification.subject.id, key: notification.key }),
  });
  if (typeof ts !== 'string') throw finalFailure('Unknown', 'Slack (chat.postMessage) answered without a timestamp');
  return { thread: ts };
}

/** Shows the present state in the first message. Says whether that is still there. */
async function showState(access: SlackAccess, delivery: SlackDelivery, ts: string): Promise<boolean> {
  const { channel, link, notification } = delivery;
  const message = { ...messageOf(channel, stateText(notification, link)), ts };
  const { ok, error } = await write(access, 'chat.update', message, [...goneErrors, ...lockedErrors]);
  return ok || lockedErrors.includes(error ?? '');
}

async function answer(access: SlackAccess, { channel, notification, isRepeat }: SlackDelivery, thread: string) {
  const { key, subject } = notification;
  if (isRepeat && (await hasReply(access, channel.channel, thread, notification))) return;
  await write(access, 'chat.postMessage', {
    ...messageOf(channel, eventText(notification)),
    thread_ts: thread,
    metadata: metadataOf({ subject: subject.id, key }),
  });
}

function messageOf({ channel }: ChannelOf<'slack'>, text: string): object {
  return { channel, text, unfurl_links: false, unfurl_media: false };
}
