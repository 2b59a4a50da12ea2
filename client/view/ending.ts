import { describeCommit } from '../../contract/artifact.ts';
import type { Ending, Exposure } from '../../contract/ending.ts';
import type { ServesAfter } from '../../contract/ledger.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { momentText, spanText } from './time.ts';

const labelWidth = 8;

/** Shows how a change ended that did not reach its aim: why, what was seen, what serves, who was hit, what is next. */
export function endingLines({ why, samples, serves, skipped, exposed, next }: Ending, colors: Colors): string[] {
  const line = (label: string, text: string) => `  ${colors.dim(label.padEnd(labelWidth))} ${cleanLine(text)}`;
  return [
    line('why', why),
    ...samples.map((sample) => line('sample', sample)),
    ...skipped.map((step) => line('skipped', step)),
    line('serves', servesText(serves)),
    line('users', exposedText(exposed)),
    ...next.flatMap(({ what, command }) => [
      line('next', what),
      ...(command === undefined ? [] : [`  ${''.padEnd(labelWidth)} ${cleanLine(command)}`]),
    ]),
  ];
}

function servesText(serves: ServesAfter): string {
  if (serves === 'unchanged') return 'the same as before it';
  if (serves === 'unknown') return 'not known: look at the platform';
  return `${describeCommit(serves.commit)} again, as revision ${serves.revision}`;
}

function exposedText(exposed: Exposure | null): string {
  if (!exposed) return 'did not meet it';
  const { commit, from, to } = exposed;
  if (to === null) return `meet ${describeCommit(commit)} since ${momentText(from)}; nobody knows until when`;
  const span = spanText(Date.parse(to) - Date.parse(from));
  return `met ${describeCommit(commit)} from ${momentText(from)} to ${momentText(to)} (${span})`;
}
