import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { BaselineCheck } from '../../contract/baseline.ts';
import { postgresPlaceholder, type BaselineCommand } from '../../contract/catalog/baseline.ts';
import { describeEnd } from '../gates/command.ts';
import type { ProgramEnd, ProgramFolders, Programs } from '../ports/programs.ts';
import { check, type Found } from './check.ts';
import { OutputReader, type LiveOutput } from './live-output.ts';

/** Holds what the commands of a baseline have in common. */
export interface CommandContext {
  programs: Programs;
  /** The folders of the checkout. */
  folders: ProgramFolders;
  /** Variables of every command. */
  variables: Record<string, string>;
  /** The address that stands for `{postgres}`; empty without a database server. */
  postgresUrl: string;
  output: LiveOutput;
  signal: AbortSignal;
}

/** Runs one command of the catalog, twice where it must be idempotent, and looks for what it must print. */
export function checkCommand(command: BaselineCommand, context: CommandContext): Promise<BaselineCheck> {
  return check(command.name, async () => {
    const { directory = '.', prints = [], idempotent = false } = command;
    const cwd = path.join(context.folders.folder, directory);
    if (!(await isFolder(cwd)))
      return {
        verdict: 'fail',
        reason: `the commit has no folder ${directory}`,
        next: `correct directory of ${command.name} in the catalog`,
      };
    if (idempotent) {
      const first = await run(command, [], cwd, context);
      if (first.end.code !== 0) return failed(command, first, 'the first run: ');
    }
    const last = await run(command, prints, cwd, context);
    if (last.end.code !== 0) return failed(command, last, idempotent ? 'the second run: ' : '');
    return judgeOutput(command, last);
  });
}

interface Run {
  end: ProgramEnd;
  reader: OutputReader;
}

async function run(
  { command, timeoutSeconds, offline = false, variables = {} }: BaselineCommand,
  expected: readonly string[],
  cwd: string,
  { programs, folders, output, postgresUrl, signal, variables: common }: CommandContext,
): Promise<Run> {
  const reader = new OutputReader(output, expected);
  output.add(`$ ${command.join(' ')}`);
  const end = await programs.runConfined({
    command,
    cwd,
    folders,
    offline,
    variables: withPostgres({ ...common, ...variables }, postgresUrl),
    timeoutMs: timeoutSeconds * 1000,
    signal,
    onOutput: (text) => reader.read(text),
  });
  reader.end();
  return { end, reader };
}

function failed(command: BaselineCommand, { end, reader }: Run, which: string): Found {
  return {
    verdict: 'fail',
    reason: `${which}${textOf(command)} ${describeEnd(end, command.timeoutSeconds)}`,
    next: command.hint ?? nextStep(command, end),
    samples: reader.lastLines,
  };
}

function judgeOutput(command: BaselineCommand, { end, reader }: Run): Found {
  const ended = `${textOf(command)} ${describeEnd(end, command.timeoutSeconds)}`;
  if (reader.missing.length > 0)
    return {
      verdict: 'fail',
      reason: `${ended}, but no line had ${reader.missing.map((text) => `"${text}"`).join(', ')}`,
      next: command.hint ?? `see what it printed; prints of ${command.name} in the catalog says what it must print`,
      samples: reader.lastLines,
    };
  return { verdict: 'pass', reason: `${command.idempotent ? 'twice: ' : ''}${ended}`, seen: reader.seen };
}

function nextStep({ command: [program = ''], name }: BaselineCommand, { missing, timedOut }: ProgramEnd): string {
  if (missing !== null) return `install ${program}, or put its folder on the PATH of the worker`;
  if (timedOut) return `see where it stands; if it only needs longer, raise timeoutSeconds of ${name} in the catalog`;
  return 'its last lines say why; correct that and run this again';
}

function textOf({ command }: BaselineCommand): string {
  return command.join(' ').slice(0, 200);
}

function withPostgres(variables: Record<string, string>, url: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replaceAll(postgresPlaceholder, url)]),
  );
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
