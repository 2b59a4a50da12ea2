import type { Problem } from '../../contract/failures.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

interface Details {
  exitCode: ExitCode;
  /** Word that scripts can compare, such as `InvalidInput` or `Refused`. */
  code: string;
  problems?: Problem[];
  /** What to do next, a line each. */
  hints?: string[];
}

/** Tells a person in one line what is wrong, with hints how to go on. Any other error that is thrown is a defect. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly problems: Problem[];
  readonly hints: string[];

  constructor(message: string, { exitCode, code, problems = [], hints = [] }: Details) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.code = code;
    this.problems = problems;
    this.hints = hints;
  }

  static badInput(problems: Problem[], hints: string[] = []): CommandError {
    const message = problems.length === 1 ? 'the input has a problem' : `the input has ${problems.length} problems`;
    return new CommandError(message, { exitCode: exitCodes.badInput, code: 'InvalidInput', problems, hints });
  }

  static notFound(message: string, hints: string[] = []): CommandError {
    return new CommandError(message, { exitCode: exitCodes.notFound, code: 'NotFound', hints });
  }

  static unreachable(message: string, hints: string[] = []): CommandError {
    return new CommandError(message, { exitCode: exitCodes.unreachable, code: 'Unreachable', hints });
  }

  static refused(reason: string, hints: string[] = []): CommandError {
    return new CommandError(`refused: ${reason}`, { exitCode: exitCodes.refused, code: 'Refused', hints });
  }

  static failed(message: string, hints: string[] = []): CommandError {
    return new CommandError(message, { exitCode: exitCodes.failed, code: 'Failed', hints });
  }
}
