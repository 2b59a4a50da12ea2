import { parseLastDay, parseNumber } from '../../cli/values.ts';
import { incidentCommand } from './incident-command.ts';
import { slipwayLine } from '../../../contract/shell-word.ts';

interface Options {
  text?: string;
  owner?: string;
  due?: string;
  done?: number;
}

export const followUp = incidentCommand({
  message: 'followUp',
  description: 'The incident keeps follow-ups for its report. With --done it notes that one of them is done.',
  flags: [
    ['--text <text>', 'what has to be done'],
    ['--owner <owner>', 'who does it: a person or a team'],
    ['--due <day>', 'until when: in 14d, or a day such as 2026-03-08', { parse: parseLastDay }],
    ['--done <number>', 'the number of the follow-up that is done, in place of the others', { parse: parseNumber }],
  ],
  fieldsOf: ({ text, owner, due, done }: Options) => ({ text, owner, dueAt: due, done }),
  whenClosed: (run) => [
    'keep it where your team keeps its work: a closed incident cannot learn of it, nor that it is done',
    `the follow-ups that it has: ${slipwayLine('incident report', run)}`,
  ],
  examples: [
    './slipway incident follow-up openagents-runtime --environment production --text "alert on tail timeouts" ' +
      '--owner api-owner@example.com --due 14d',
  ],
});
