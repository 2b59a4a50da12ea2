import { categoryNames } from '../../../contract/incident/categories/index.ts';
import { mitigationNames } from '../../../contract/incident/category.ts';
import { severities } from '../../../contract/incident/severity.ts';
import { flags, required } from '../../cli/flags.ts';
import { parseNumber } from '../../cli/values.ts';
import { incidentCommand } from './incident-command.ts';

/** The last one takes a category back. */
const categoriesToGive = [...categoryNames, 'unknown'];

const example = 'openagents-runtime --environment production';

export const ack = incidentCommand({
  message: 'acknowledge',
  flags: [flags.note],
  fieldsOf: ({ note }: { note?: string }) => ({ note }),
  examples: [`./slipway incident ack ${example}`],
});

export const classify = incidentCommand({
  message: 'classify',
  description: 'Another severity starts the clocks again; another category looks for its evidence.',
  flags: [
    ['--severity <severity>', severities.join(', '), { names: severities }],
    ['--category <category>', categoriesToGive.join(', '), { names: categoriesToGive }],
    flags.note,
    flags.key,
  ],
  fieldsOf: ({ severity, category, note }: { severity?: string; category?: string; note?: string }) => ({
    severity,
    category,
    note,
  }),
  examples: [`./slipway incident classify ${example} --severity SEV-1 --note 'no run starts any more'`],
});

export const note = incidentCommand({
  message: 'note',
  flags: [
    required(['--text <text>', 'what you have seen or done']),
    ['--item <name>', 'the item of the checklist that this answers'],
  ],
  fieldsOf: ({ text, item }: { text?: string; item?: string }) => ({ text, item }),
  examples: [`./slipway incident note ${example} --text 'the provider has an incident of its own'`],
});

interface MitigateOptions {
  action?: string;
  to?: string;
  commit?: string;
  switch?: string;
  note?: string;
}

export const mitigate = incidentCommand({
  message: 'mitigate',
  description: 'Each mitigation is a change of its own, under the rules of the environment. It passes every freeze.',
  flags: [
    ['--action <action>', `${mitigationNames.join(', ')} (default: what is proposed)`, { names: mitigationNames }],
    ['--to <state>', 'of a rollback: the change, commit or revision to go back to'],
    ['--commit <sha>', 'of a deploy: the full SHA of the commit that mends it'],
    ['--switch <name>', 'of disableTraffic: the switch, as the catalog names it (default: the only one)'],
    flags.note,
    flags.key,
  ],
  fieldsOf: ({ action, to, commit, switch: name, note: said }: MitigateOptions) => ({
    action,
    to,
    commit,
    switch: name,
    note: said,
  }),
  examples: [
    `./slipway incident mitigate ${example}`,
    `./slipway incident mitigate ${example} --action disableTraffic --switch tool-calls`,
  ],
});

export const communicate = incidentCommand({
  message: 'communicate',
  flags: [
    required(['--text <text>', 'what they should know']),
    ['--next <minutes>', 'minutes until they hear again (default: by the severity)', { parse: parseNumber }],
  ],
  fieldsOf: ({ text, next }: { text?: string; next?: number }) => ({ text, nextInMinutes: next }),
  examples: [`./slipway incident communicate ${example} --text 'rolled back, we watch it' --next 15`],
});

export const resolve = incidentCommand({
  message: 'resolve',
  description:
    'The incident ends once no alert fires and every key route answers for as long as the catalog says (quietMinutes).',
  flags: [['--false-alarm', 'it was none: end it without a look'], flags.note, flags.key],
  fieldsOf: ({ falseAlarm, note: said }: { falseAlarm?: boolean; note?: string }) => ({ falseAlarm, note: said }),
  examples: [`./slipway incident resolve ${example}`],
});
