/** Exit codes of every command. Scripts rely on these numbers: docs/reference/exit-codes.md lists them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  badInput: 2,
  unreachable: 3,
  refused: 4,
  notFound: 5,
  stillRunning: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Explains each exit code, as `--help` prints it. */
export const exitCodeMeanings: [code: ExitCode, meaning: string][] = [
  [exitCodes.ok, 'done; a followed run reached its aim'],
  [exitCodes.failed, 'the run ended without reaching its aim (its outcome is printed), or something failed here'],
  [exitCodes.badInput, 'wrong usage or input; nothing was started'],
  [exitCodes.unreachable, 'Temporal cannot be reached, or no worker answers'],
  [exitCodes.refused, 'a message or a repeated rollback was refused; the reason is printed'],
  [exitCodes.notFound, 'no such run, service or sandbox'],
  [exitCodes.stillRunning, 'the time given with --timeout has passed; the run goes on'],
  [exitCodes.interrupted, 'interrupted by Ctrl-C; a run that was followed goes on'],
];

/** Derives the exit code of a closed run, never that of a wrong input: a script would think nothing was started. */
export function exitCodeOfRun(execution: string): ExitCode {
  return execution === 'COMPLETED' ? exitCodes.ok : exitCodes.failed;
}
