import picocolors from 'picocolors';
import { describeProblems } from '../../contract/failures.ts';
import { asCalled } from './called-as.ts';
import type { CommandError } from './command-error.ts';
import type { Serializer } from './serializer.ts';
import { createPassingLine } from './passing-line.ts';
import { cleanLine, cleanText } from './text.ts';

/** Paints text; leaves it plain where colour is not wanted. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Takes what a command prints. People get lines; a program gets one value on stdout (`-o json`) and nothing else. */
export interface Output {
  /** A program reads stdout. */
  forProgram: boolean;
  /** A person looks at stdout, so that a live view makes sense. */
  live: boolean;
  colors: Colors;
  /** The width of the terminal that a person looks at; null for a pipe or a file, whose lines are not wrapped. */
  columns: number | null;
  /** Prints a line on stdout for people; nothing for a program. Clean first what comes from outside. */
  line(text?: string): void;
  /** Prints a line on stderr for people; nothing for a program. */
  note(text: string): void;
  /**
   * Prints a note of progress. One that is passing is replaced by the next on a terminal; elsewhere it is printed now
   * and then.
   */
  progress(this: void, text: string, isPassing?: boolean): void;
  /** Prints a line on stderr, for a program, too: what has to be known even if there will be no answer. */
  trace(text: string): void;
  /** Prints the command's answer for a program; nothing for people. */
  result(value: unknown): void;
  /** Prints an event of a command that goes on, for a program: as JSON one value a line. Nothing for people. */
  event(value: object): void;
  /** Prints why the command failed, with every problem and every hint. */
  failure(error: CommandError): void;
}

export interface OutputStreams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  environment: NodeJS.ProcessEnv;
}

/** Creates the output of a command on the streams of this process, or on others. */
export function createOutput(
  serializer: Serializer | null,
  { stdout, stderr, environment }: OutputStreams = processStreams(),
): Output {
  const colors = picocolors.createColors(mayColor(stdout.isTTY, environment));
  const errorColors = picocolors.createColors(mayColor(stderr.isTTY, environment));
  const passing = createPassingLine(stderr, environment);
  const print = (stream: NodeJS.WritableStream, text: string): void => {
    passing.clear();
    stream.write(`${asCalled(text)}\n`);
  };
  const note = (text: string): void => {
    if (!serializer) print(stderr, errorColors.dim(cleanText(text)));
  };
  return {
    forProgram: serializer !== null,
    live: serializer === null && stdout.isTTY === true && environment['TERM'] !== 'dumb',
    colors,
    columns: stdout.isTTY === true ? (stdout.columns ?? null) : null,
    line: (text = '') => {
      if (!serializer) print(stdout, text);
    },
    note,
    progress: (text, isPassing = false) => {
      if (!isPassing || passing.isDue()) note(text);
      else if (!serializer) passing.show(cleanLine(text), errorColors.dim);
    },
    trace: (text) => print(stderr, errorColors.dim(cleanText(text))),
    result: (value) => {
      if (serializer) print(stdout, serializer.document(value));
    },
    event: (value) => {
      if (serializer) print(stdout, serializer.event(value));
    },
    failure: (error) => {
      if (serializer) print(stdout, serializer.document({ error: failureFields(error) }));
      else for (const line of failureLines(error, errorColors)) print(stderr, line);
    },
  };
}

function processStreams(): OutputStreams {
  return { stdout: process.stdout, stderr: process.stderr, environment: process.env };
}

/** Allows colour only where a person looks (https://no-color.org). */
function mayColor(isTTY: boolean | undefined, environment: NodeJS.ProcessEnv): boolean {
  return isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

function failureFields({ code, exitCode, message, problems, hints }: CommandError): object {
  return { code, exitCode, message: problems.length > 0 ? describeProblems(problems) : message, problems, hints };
}

function failureLines({ message, problems, hints }: CommandError, colors: Colors): string[] {
  return [
    `${colors.red('error')} ${cleanLine(message)}`,
    ...problems.map(
      ({ path, message: what }) => `  ${path === '' ? '' : `${colors.bold(cleanLine(path))}: `}${cleanLine(what)}`,
    ),
    ...hints.map((hint) => `  ${colors.dim('→')} ${cleanLine(hint)}`),
  ];
}
