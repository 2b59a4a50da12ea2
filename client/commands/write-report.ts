import { writeFile } from 'node:fs/promises';
import { CommandError } from '../cli/command-error.ts';

/** Files that a report is written into, by its form. */
interface ReportFiles {
  markdown?: string | undefined;
  html?: string | undefined;
}

/** Writes a report into the files that were asked for, and answers their names. */
export async function writeReport(
  { markdown, html }: ReportFiles,
  texts: { markdown: () => string; html: () => string },
): Promise<string[]> {
  const wanted: [file: string | undefined, text: () => string][] = [
    [markdown, texts.markdown],
    [html, texts.html],
  ];
  const written: string[] = [];
  for (const [file, text] of wanted) {
    if (file === undefined) continue;
    await writeText(file, text());
    written.push(file);
  }
  return written;
}

/** Writes a text into a file that a person named. Throws a CommandError that says why it cannot. */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw CommandError.failed(`${path} could not be written: ${reason}`, ['name a file in a folder that exists']);
  }
}
