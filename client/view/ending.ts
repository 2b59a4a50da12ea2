import { describeExposure, describeServing, type Ending, type Exposure } from '../../contract/ending.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';
import { momentText, spanText } from './time.ts';

const labelWidth = 8;

/** Says how a run ended. A message that begins with the outcome's own word does not say it twice. */
export function endText({ type, message }: { type: string; message: string }, paint = (text: string) => text): string {
  const isSaid = message.toLowerCase().startsWith(`${type.toLowerCase()} `);
  return cleanLine(`${paint(type)}${isSaid ? message.slice(type.length) : `: ${message}`}`);
}

/** Shows how a change ended that did not reach its aim: why, what was seen, what serves, who was hit, what is next. */
export function endingLines(ending: Ending, colors: Colors): string[] {
  const { why, samples, skipped, exposed, next } = ending;
  const line = (label: string, text: string) => `  ${colors.dim(label.padEnd(labelWidth))} ${cleanLine(text)}`;
  return [
    line('why', why),
    ...samples.map((sample) => line('sample', sample)),
    ...skipped.map((step) => line('skipped', step)),
    ...describeServing(ending).map((serves) => line('serves', serves)),
    line('users', exposedText(exposed)),
    ...next.flatMap(({ what, command }) => [
      line('next', what),
      ...(command === undefined ? [] : [`  ${''.padEnd(labelWidth)} ${cleanLine(command)}`]),
    ]),
  ];
}

function exposedText(exposed: Exposure | null): string {
  const { from = '', to = null } = exposed ?? {};
  const span = to === null ? '' : ` (${spanText(Date.parse(to) - Date.parse(from))})`;
  return `${describeExposure(exposed, momentText)}${span}`;
}
