import { CommandError } from './command-error.ts';
import type { Argument, Flag } from './command.ts';

/** Argument of the commands about one run. */
export const runArgument: Argument = [
  '<run>',
  'the workflow id; or a service, together with --environment',
  { setting: 'service' },
];

/** Argument of the commands about one service. */
export const serviceArgument: Argument = ['<service>', 'the service, as the catalog names it', { setting: 'service' }];

/** Flags that mean the same wherever they are. */
export const flags = {
  environment: ['-e, --environment <name>', 'the environment of the service'] satisfies Flag,
  /** Of a command that cannot do without an environment. */
  ownEnvironment: [
    '-e, --environment <name>',
    'the environment of the service',
    { required: true, setting: 'environment' },
  ] satisfies Flag,
  by: ['--by <person>', 'who you are (default: the setting user, else git config user.email)'] satisfies Flag,
  reason: ['--reason <text>', 'why; the ledger records it'] satisfies Flag,
  note: ['--note <text>', 'what others should know'] satisfies Flag,
  signal: ['--signal', 'send the message and do not wait for the answer'] satisfies Flag,
  timeout: ['--timeout <seconds>', 'how long to wait; the run goes on'] satisfies Flag,
  key: [
    '--key <path>',
    'the SSH key to sign with (default: your key in the catalog, if the sandbox, the agent or ~/.ssh has it)',
  ] satisfies Flag,
  print: [
    '--print',
    'print what would be sent, signed where it has to be, for the Temporal UI; nothing is sent',
  ] satisfies Flag,
  ticket: [
    '--ticket <number>',
    'the issue to which the evidence is attached, in the repository that the catalog names',
  ] satisfies Flag,
  catalog: ['--catalog <folder>', 'folder of the catalog (default: the setting catalog, else catalog/)'] satisfies Flag,
} as const;

/** Marks a flag that a command cannot do without. */
export function required([words, description, details]: Flag): Flag {
  return [words, description, { ...details, required: true }];
}

/** Reads a flag in seconds as milliseconds. Throws a CommandError when it is no number. */
export function secondsFlag(name: string, value: string | undefined): number | undefined {
  const number = numberFlag(name, value);
  return number === undefined ? undefined : number * 1000;
}

/** Reads a flag as a number, 0 or more. Throws a CommandError when it is none. */
export function numberFlag(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw CommandError.badInput([{ path: name, message: 'must be a number, 0 or more' }]);
  return number;
}
