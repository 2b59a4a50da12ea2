import { nounOf, type Notification } from '../../contract/notification.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { oneLine } from '../one-line.ts';

const maxSubjectLength = 150;
const maxFacts = 20;

/** Writes the subject line: the same for all messages about one subject, since mail programs sort by it, too. */
export function subjectLine({ subject }: Notification): string {
  const { service, environment, title } = subject;
  const line = oneLine(`[Slipway] ${nounOf(subject)} of ${service} in ${environment}: ${title}`);
  return line.length > maxSubjectLength ? `${line.slice(0, maxSubjectLength - 1)}…` : line;
}

/** Writes the message as plain text. Each text of others is one line, behind a name or in the first line. */
export function bodyText(notification: Notification, link: string | null): string {
  const { caution, command, facts, subject, what } = notification;
  const severity = subject.kind === 'incident' ? `${subject.severity}: ` : '';
  const listed = facts.slice(0, maxFacts).map(({ name, text }) => `  ${oneLine(name)}: ${oneLine(text)}`);
  return [
    `${severity}${oneLine(what)} (${utcMoment(notification.at)})`,
    ...(caution === null ? [] : ['', `Doubtful: ${oneLine(caution)}`]),
    ...(listed.length === 0 ? [] : ['', ...listed]),
    '',
    'In a shell:',
    `  ${oneLine(command)}`,
    ...(link === null ? [] : ['', 'In Temporal:', `  ${link}`]),
    '',
  ].join('\n');
}
