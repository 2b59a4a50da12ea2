import { nounOf, type Notification, type NotificationSubject } from '../../contract/notification.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { oneLine } from '../one-line.ts';

/** Slack recommends at most 4000 characters for a text, and cuts at 40 000 (Slack, chat.postMessage, truncation). */
const maxTextLength = 3_800;
const maxFacts = 20;

const signs: Record<NotificationSubject['standing'], string> = {
  waiting: ':raised_hand:',
  underWay: ':arrow_forward:',
  succeeded: ':white_check_mark:',
  failed: ':x:',
  open: ':rotating_light:',
  acknowledged: ':eyes:',
  over: ':white_check_mark:',
  frozen: ':snowflake:',
  drifted: ':twisted_rightwards_arrows:',
  tried: ':wave:',
};

/** Writes the message that shows the present state: the first of a thread, or one of a channel without threads. */
export function stateText(notification: Notification, link: string | null): string {
  const { caution, command, facts, subject, what } = notification;
  const { service, environment, standing, title } = subject;
  const noun = subject.kind === 'incident' ? subject.severity : nounOf(subject);
  const lines = [
    `${signs[standing]} *${noun}* ${foreign(`${service} in ${environment}: ${title}`)}`,
    ...(caution === null ? [] : [`:warning: ${foreign(caution)}`]),
    `${foreign(what)} (${utcMoment(notification.at)})`,
    ...facts.slice(0, maxFacts).map(({ name, text }) => `• ${foreign(name)}: ${foreign(text)}`),
  ];
  const page = link === null ? '' : `\n<${link}|in Temporal>`;
  return withinLimit(lines, `\`${foreign(command)}\`${page}`);
}

/** Writes what happened, as an answer in the thread. */
export function eventText(notification: Notification): string {
  return withinLimit([foreign(notification.what)], '');
}

/**
 * Makes a text of others harmless: no mention, link, formatting or line of its own. Slack reads `<!channel>` and
 * `<@…>` only unescaped (Slack, formatting text: escaping).
 */
function foreign(text: string): string {
  return oneLine(text)
    .replace(/[*~`]/g, ' ')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Leaves whole lines away: a cut within an escape would undo it. */
function withinLimit(lines: readonly string[], last: string): string {
  const kept: string[] = [];
  let left = maxTextLength - last.length;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, last].filter((line) => line !== '').join('\n');
}
