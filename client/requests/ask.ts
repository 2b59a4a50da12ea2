import type { Problem } from '../../contract/failures.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes } from '../cli/exit-codes.ts';

/** One thing that a command has to know, and that a person can be asked for. */
export interface Question {
  message: string;
  /** What the flag of its name has. */
  given: string | undefined;
  /** What is usual or was found; without it nobody but the person knows. */
  usual?: string | undefined;
  /** Says what is wrong with an answer. */
  problem?(answer: string): string | undefined;
}

/** Asks a person one question and answers what they said; null where they left. */
export type Prompt = (question: Question) => Promise<string | null>;

/** What was said, by the names of the flags, and everything that is missing or wrong. */
export interface Answers<Name extends string> {
  said: Record<Name, string>;
  problems: Problem[];
}

/**
 * Answers questions by their flags. What no flag says is asked, or is as usual where nobody can be asked. Throws a
 * CommandError when the person leaves.
 */
export async function answer<Name extends string>(
  questions: Record<Name, Question>,
  prompt: Prompt | null,
): Promise<Answers<Name>> {
  const said: [string, string][] = [];
  const problems: Problem[] = [];
  for (const [path, question] of Object.entries<Question>(questions)) {
    const { message, given, usual } = question;
    const text = given ?? (prompt ? await prompt(question) : usual);
    if (text === null) throw new CommandError('nothing was written', { exitCode: exitCodes.interrupted, code: 'Left' });
    const problem = text === undefined ? `must be given: ${message}` : question.problem?.(text);
    if (problem !== undefined) problems.push({ path, message: problem });
    said.push([path, text ?? '']);
  }
  return { said: Object.fromEntries(said) as Record<Name, string>, problems };
}

/** Asks at the terminal; what is usual stands there already. */
export const promptAtTerminal: Prompt = async ({ message, usual, problem }) => {
  const { isCancel, text } = await import('@clack/prompts');
  const said = await text({
    message,
    ...(usual !== undefined && { initialValue: usual }),
    validate: (value = '') => (value.trim() === '' ? 'must be given' : problem?.(value.trim())),
  });
  return isCancel(said) ? null : said.trim();
};
