import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import ts from 'typescript';
import type { CommandEntry } from '../../client/cli/command.ts';
import { everyCommand } from '../client/every-command.ts';
import { problemOf, project, wordsOf } from './document-checks.ts';

/** A text of the sources that names a command, and where it stands. */
export interface Hint {
  path: string;
  /** What is put in at run time stands as `<x>`. */
  text: string;
}

/** Finds every text of the sources in a folder that names `./slipway`. */
export function hintsIn(folder: string): Hint[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .flatMap((path) =>
      textsOf(path)
        .filter((text) => text.includes('./slipway '))
        .map((text) => ({ path, text })),
    );
}

function textsOf(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(join(project, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === null) ts.forEachChild(node, visit);
    else texts.push(text);
  };
  visit(file);
  return texts;
}

/** Answers the text that an expression makes; null if it makes none. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `<x>${literal.text}`).join('');
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return null;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === null && right === null ? null : (left ?? '<x>') + (right ?? '<x>');
}

/** Finds what is wrong with the commands that a text names. One at its end, or alone, is what people paste. */
export async function problemsOfHint({ text }: Pick<Hint, 'text'>, program: Command): Promise<string[]> {
  const [pasted] = /(?<=^|: |^[A-Z_]+=\S+ )\.\/slipway [^`]*[^`.]$/.exec(text) ?? [];
  const named = [...text.slice(0, text.length - (pasted?.length ?? 0)).matchAll(/\.\/slipway ([^]*)/g)];
  const problems = await Promise.all([
    ...(pasted === undefined ? [] : [problemOfPasted(callOf(pasted), program)]),
    ...named.map(async ([, call = '']) => problemOfName(wordsOf(call), program)),
  ]);
  return problems.filter((problem) => problem !== null);
}

function callOf(pasted: string): string[] {
  return wordsOf(pasted.replace('./slipway ', '').replace(/ < \S+/, ''));
}

/** Says what keeps a whole call from being accepted, what it lacks included. */
export async function problemOfPasted(words: readonly string[], program: Command): Promise<string | null> {
  if (words.length === 1 && words[0] === '--version') return null;
  const [names, entry] = [...everyCommand()].find(([each]) => each.every((name, index) => name === words[index])) ?? [];
  const { passesOn = false } = (await entry?.load()) ?? {};
  const problem = passesOn ? null : problemOf(words, program);
  if (passesOn || problem !== null || words.includes('--help')) return problem;
  return names && entry ? lackOf(words.slice(names.length), entry) : null;
}

async function lackOf(words: readonly string[], entry: CommandEntry): Promise<string | null> {
  const { arguments: args = [], flags = [] } = await entry.load();
  // What is put in at run time may be any flag.
  if (words.some((word) => word.startsWith('<x><x>')) || words.at(-1) === '<x>') return null;
  const formsOf = (flag: string): string[] => flag.match(/(?<!\w)-[\w-]+/g) ?? [];
  const given = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0] ?? '');
  const lacking = flags
    .filter(
      ([flag, , details]) =>
        details?.required && !details.setting && !formsOf(flag).some((form) => given.includes(form)),
    )
    .map(([flag]) => formsOf(flag).at(-1));
  if (lacking.length > 0) return `lacks ${lacking.join(', ')}`;
  const takesValue = (word = ''): boolean =>
    !word.includes('=') && flags.some(([flag]) => formsOf(flag).includes(word) && /[<[]/.test(flag));
  const values = words.filter((word, index) => !word.startsWith('-') && !takesValue(words[index - 1]));
  return args[0]?.[0].startsWith('<') && values.length === 0 ? `lacks ${args[0][0]}` : null;
}

/** Says which command of a sentence does not exist. */
function problemOfName(words: readonly string[], program: Command): string | null {
  let command = program;
  for (const word of words) {
    const name = word.replace(/[.,;:)?!`]+$/, '');
    const inner = command.commands.find((one) => one.name() === name);
    if (!inner) return command === program && !word.startsWith('<') ? `there is no command ${name}` : null;
    command = inner;
  }
  return null;
}
