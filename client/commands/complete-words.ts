import path from 'node:path';
import type { Commands } from '../cli/command.ts';
import { completionOf } from '../cli/completion.ts';
import { completionScript, type Shell } from '../cli/completion-scripts.ts';
import { buildOutline } from '../cli/program.ts';
import { projectFolder } from '../cli/project-folder.ts';
import type { Session } from '../cli/session.ts';
import { cleanLine } from '../cli/text.ts';
import { nameLookUp } from '../requests/name-look-up.ts';

/** Prints how the words may go on: a line each with a tab before what it means, or `:files`, `:folders`. */
export async function completeWords(session: Session, commands: Commands, words: readonly string[]): Promise<void> {
  const found = await completionOf(buildOutline(commands), words, nameLookUp(session));
  session.output.result(found);
  if (typeof found === 'string') session.output.line(`:${found}`);
  else
    for (const { value, description } of found)
      session.output.line(`${cleanLine(value)}\t${cleanLine(description).replaceAll('\t', ' ')}`);
}

/** Prints the script of a shell. */
export function printScript({ output }: Session, shell: Shell): void {
  const script = completionScript(shell, path.join(projectFolder, 'slipway'));
  output.result({ shell, script });
  output.line(script);
}
