import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import { finalFailure } from '../failure.ts';
import type { Messenger } from '../ports/notifications.ts';
import { failureOfAnswer, post } from '../post.ts';
import { stateText } from './text.ts';

/**
 * Tells a Slack channel by an incoming webhook: a message an event. It can neither answer in a thread nor be asked what
 * it has, so a repeat after a lost answer comes twice. Its address is a secret: no message has it.
 */
export function createSlackWebhook(): Messenger<ChannelOf<'slackWebhook'>> {
  return {
    async tell({ channel, link, notification, secret, signal }) {
      const place = 'the Slack webhook';
      const url = URL.parse(await secret(channel.webhook));
      if (!url || !['http:', 'https:'].includes(url.protocol))
        throw finalFailure('BadRequest', `${place}: its secret holds no http or https URL`);
      const body = JSON.stringify({ text: stateText(notification, link), unfurl_links: false, unfurl_media: false });
      const answer = await post({ place, url, headers: { 'content-type': 'application/json' }, body, signal });
      if (answer.status === 200) return { thread: null };
      throw failureOfAnswer(place, answer);
    },
  };
}
