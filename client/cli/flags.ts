import type { Argument, Flag } from './command.ts';
import { parseDuration, parseEnd, parseNumber } from './values.ts';

/** Argument of the commands about one run. */
export const runArgument: Argument = [
  '<run>',
  'the workflow id; or a service, together with --environment',
  { setting: 'service', names: 'runs' },
];

/** Argument of the commands about one service. */
export const serviceArgument: Argument = [
  '<service>',
  'the service, as the catalog names it',
  { setting: 'service', names: 'services' },
];

/** Flags that mean the same wherever they are. */
export const flags = {
  environment: ['-e, --environment <name>', 'the environment of the service', { names: 'environments' }] satisfies Flag,
  /** Of a command that cannot do without an environment. */
  ownEnvironment: [
    '-e, --environment <name>',
    'the environment of the service',
    { required: true, setting: 'environment', names: 'environments' },
  ] satisfies Flag,
  by: ['--by <person>', 'who you are (default: the setting user, else git config user.email)'] satisfies Flag,
  reason: ['--reason <text>', 'why; the ledger records it'] satisfies Flag,
  note: ['--note <text>', 'what others should know'] satisfies Flag,
  signal: ['--signal', 'send the message and do not wait for the answer'] satisfies Flag,
  timeout: [
    '--timeout <duration>',
    'how long to wait, such as 90s or 5m; the run goes on',
    { parse: parseDuration },
  ] satisfies Flag,
  until: [
    '--until <time>',
    'when it ends by itself: in 4h or 2d, or at a time such as 2026-03-01T18:00:00Z',
    { parse: parseEnd },
  ] satisfies Flag,
  key: [
    '--key <path>',
    'the SSH key to sign with (default: your key in the catalog, if the sandbox, the agent or ~/.ssh has it)',
    { names: 'files' },
  ] satisfies Flag,
  print: [
    '--print',
    'print what would be sent, signed where it has to be, for the Temporal UI; nothing is sent',
  ] satisfies Flag,
  ticket: [
    '--ticket <number>',
    'the issue to which the evidence is attached, in the repository that the catalog names',
    { parse: parseNumber },
  ] satisfies Flag,
  catalog: [
    '--catalog <folder>',
    'folder of the catalog (default: the setting catalog, else catalog/)',
    { names: 'folders' },
  ] satisfies Flag,
} as const;

/** Marks a flag that a command cannot do without. */
export function required([words, description, details]: Flag): Flag {
  return [words, description, { ...details, required: true }];
}
