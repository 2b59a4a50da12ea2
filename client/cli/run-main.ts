import type { Commands } from './command.ts';
import { runProgram } from './program.ts';

/** Runs the words of this process, and ends it with the exit code. */
export async function runMain(commands: Commands): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const code = await runProgram(commands, process.argv.slice(2));
  // A command that gave up leaves a long poll behind that would hold the process for its own timeout. What was printed
  // goes out first.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
