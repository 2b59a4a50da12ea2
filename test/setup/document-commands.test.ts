import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOfDocument, documentsOfProject, projectFolder } from '../end-to-end/documents/commands.ts';
import { isOnlyElsewhere, matches, onlyElsewhere } from '../end-to-end/documents/elsewhere.ts';
import { pastedSections } from '../end-to-end/documents/pasted-sections.ts';

const documents = documentsOfProject();
const parts = documents.flatMap(commandsOfDocument);
const all = parts.flatMap(({ document, heading, commands }) =>
  commands.map((command) => ({ document, heading, command })),
);
const elsewhere = all.filter(isOnlyElsewhere);
/** Answers the prose below a heading of a document, up to the next one. */
function textBelow(document: string, heading: string): string {
  const text = readFileSync(path.join(projectFolder, document), 'utf8').replace(/```[\s\S]*?```/g, '');
  return text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

const isMarked = (text: string): boolean => /\bonly\s+for\s+the\s+real\s+platform\b/.test(text);
const place = ({ document, heading }: { document: string; heading: string }): string => `${document}: ${heading}`;

describe('every command of every document', () => {
  it('is pasted by a test, or named with the reason why not', () => {
    const others = new Set(all.filter((each) => !elsewhere.includes(each)).map(place));
    const pasted = pastedSections.map(place);
    expect(
      pasted.filter((each, index) => pasted.indexOf(each) !== index),
      'pasted twice',
    ).toEqual([]);
    expect([...others].sort()).toEqual([...pasted].sort());
    const count = all.length - elsewhere.length;
    const inDocuments = new Set(all.map(({ document }) => document)).size;
    process.stdout.write(
      `${all.length} commands in ${inDocuments} documents: ${count} pasted, ${elsewhere.length} only elsewhere\n`,
    );
  });

  it('is counted as it stands there', () => {
    const counts = (list: readonly { document: string; heading: string; commands: number }[]) =>
      Object.fromEntries(list.map((each) => [place(each), each.commands]));
    const found = counts(parts.map(({ commands, ...rest }) => ({ ...rest, commands: commands.length })));
    expect(found).toMatchObject(counts(pastedSections));
  });

  it.each(onlyElsewhere)(
    '$document, $command stands there, and what runs it instead is there',
    ({ instead, ...one }) => {
      expect(all.filter((each) => matches(one, each))).not.toEqual([]);
      if (instead !== null) expect(existsSync(path.join(projectFolder, instead))).toBe(true);
    },
  );

  it('is marked where it stands, if only the real platform can run it', () => {
    const calls = elsewhere.filter(({ command }) => /(?:^|[\s(;|&])gcloud /m.test(command));
    const sections = [...new Map(calls.map((each) => [place(each), each])).values()];
    expect(sections.length).toBeGreaterThan(5);
    const unmarked = sections.filter(({ document, heading }) => !isMarked(textBelow(document, heading)));
    expect(unmarked.map(place)).toEqual([]);
  });

  it('is one that a shell can read, also where no test runs it', () => {
    for (const { command } of elsewhere) execFileSync('bash', ['-n'], { input: command });
  });
});
