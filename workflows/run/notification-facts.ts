import { describeExposure, describeServes, type Ending } from '../../contract/ending.ts';
import type { NotificationFact } from '../../contract/notification.ts';
import type { WaitingFor } from '../../contract/status.ts';
import { utcMoment } from '../../contract/utc-moment.ts';

/** Tells what may be answered: what each choice does, and its command. */
export function choiceFacts({ choices = [] }: Pick<WaitingFor, 'choices'>): NotificationFact[] {
  return choices.map(({ action, effect, command }) => ({ name: action, text: `${effect}: ${command}` }));
}

/** Tells the end of a change that did not reach its aim: what was seen, what serves, who was hit, what is next. */
export function endingFacts({ samples, serves, skipped, exposed, next }: Ending): NotificationFact[] {
  return [
    ...numbered('seen', samples),
    ...numbered('skipped', skipped),
    { name: 'serves now', text: describeServes(serves) },
    { name: 'users', text: describeExposure(exposed, utcMoment) },
    ...numbered(
      'next',
      next.map(({ what, command }) => (command === undefined ? what : `${what}: ${command}`)),
    ),
  ];
}

/** Names each fact of several differently: a channel may keep one for a name. */
function numbered(name: string, texts: readonly string[]): NotificationFact[] {
  return texts.map((text, index) => ({ name: index === 0 ? name : `${name} ${index + 1}`, text }));
}
