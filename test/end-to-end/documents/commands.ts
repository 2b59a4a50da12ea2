import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const projectFolder = path.join(import.meta.dirname, '..', '..', '..');

/** The commands under one heading of a document, in their order. */
export interface CommandsOfHeading {
  document: string;
  heading: string;
  commands: string[];
}

/** Lists every document of the project, by its path from the project's folder. */
export function documentsOfProject(): string[] {
  const isOurs = (file: string): boolean =>
    file.endsWith('.md') && !/(^|\/)(node_modules|dist|\.(?!github\/)[^/]+)\//.test(file);
  return readdirSync(projectFolder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== '.git' && name !== '.slipway')
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(path.join(projectFolder, entry.name), { recursive: true, encoding: 'utf8' }).map((file) =>
            path.join(entry.name, file),
          )
        : [entry.name],
    )
    .filter(isOurs)
    .sort();
}

/** Lists the headings of a document that have commands for a shell. Headings and blocks are those of Markdown. */
export function commandsOfDocument(document: string): CommandsOfHeading[] {
  return commandsOfText(readFileSync(path.join(projectFolder, document), 'utf8')).map((part) => ({
    document,
    ...part,
  }));
}

/** The same of a text. */
export function commandsOfText(text: string): Omit<CommandsOfHeading, 'document'>[] {
  const found = new Map<string, string[]>();
  let heading = '';
  let language: string | null = null;
  let indent = 0;
  let block: string[] = [];
  for (const line of text.split('\n')) {
    const fence = /^( *)```(\w*)/.exec(line);
    if (language === null && fence) [indent, language, block] = [fence[1]?.length ?? 0, fence[2] ?? '', []];
    else if (fence) {
      if (/^(sh|bash|shell|console)$/.test(language ?? ''))
        found.set(heading, [...(found.get(heading) ?? []), ...wholeCommands(block)]);
      language = null;
    } else if (language !== null) block.push(line.slice(Math.min(indent, line.search(/\S|$/))));
    else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  return [...found].map(([title, commands]) => ({ heading: title, commands }));
}

/** Joins lines that go on: behind a backslash or a pipe, within quotes, and of a loop. */
function wholeCommands(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let begun = '';
  for (const line of lines) {
    begun = begun === '' ? line : `${begun}\n${line}`;
    const code = begun.replace(/(^|\s)#.*$/gm, '');
    const isOpen =
      /[\\|]$/.test(code) ||
      (code.match(/'/g) ?? []).length % 2 === 1 ||
      (/; do$/m.test(code) && !/^done\b/m.test(code));
    if (isOpen) continue;
    if (begun.trim() !== '' && !begun.trim().startsWith('#')) commands.push(begun);
    begun = '';
  }
  return commands;
}

/** Answers the commands under a heading, in their order. */
export function commandsOf(document: string, heading: string): string[] {
  const found = commandsOfDocument(document).find((part) => part.heading === heading);
  if (!found) throw new Error(`${document} has no commands under the heading ${heading}`);
  return found.commands;
}
