import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Command } from 'commander';

export const project = join(import.meta.dirname, '..', '..');

/** A text of the repository and its path from the project's folder. */
export interface Document {
  path: string;
  text: string;
}

const folders = 'activities|bench|catalog|client|contract|docker|docs|sandbox|test|worker|workflows';
const pathPattern = new RegExp(`(?<![\\w./-])(?:${folders})/[\\w.{},<>*/-]*(?:\`\\s\\(to\\s+come\\))?`, 'g');
const planned = /`\s\(to\s+come\)$/;
const maxColumns = 120;

/** Finds paths of the repository that do not exist, and planned ones that do by now. */
export function missingPaths({ text }: Document): string[] {
  return (text.match(pathPattern) ?? []).flatMap((found) => {
    const isPlanned = planned.test(found);
    return expandBraces(found.replace(planned, ''))
      .map(fixedPart)
      .filter((path) => existsSync(join(project, path)) === isPlanned)
      .map((path) => (isPlanned ? `${path} exists: it is not to come any more` : `${path} does not exist`));
  });
}

/** Finds decisions (`ADR 0001, 0002`) that have no file. */
export function missingDecisions({ text }: Document, decisions: readonly string[]): string[] {
  const numbers = [...text.matchAll(/ADR (\d{4}(?:(?:,| and)\s+\d{4})*)/g)].flatMap(
    ([, list]) => list?.match(/\d{4}/g) ?? [],
  );
  return numbers
    .filter((number) => !decisions.some((file) => file.startsWith(`${number}-`)))
    .map((number) => `there is no ADR ${number}`);
}

/** Finds links whose file or anchor does not exist. Other sites are not called. */
export function brokenLinks({ path, text }: Document): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets.flatMap((target) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : normalize(join(dirname(path), file));
    if (!existsSync(join(project, linked))) return [`${target}: there is no file ${linked}`];
    if (anchor === undefined) return [];
    const known = anchorsIn(file === '' ? text : readFileSync(join(project, linked), 'utf8'));
    return known.some((heading) => heading.anchor === anchor) ? [] : [`${target}: ${linked} has no heading for it`];
  });
}

/** Finds lines that are longer than a screen is wide. */
export function longLines({ text }: Document): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line].length > maxColumns ? [`line ${index + 1} has ${[...line].length} columns`] : [],
    );
}

/** Finds `npm run` commands that package.json does not have. */
export function unknownScripts({ text }: Document, scripts: readonly string[]): string[] {
  return [...text.matchAll(/\bnpm run ([a-z][\w-]*(?::[\w-]+)*)/g)]
    .map(([, script]) => script ?? '')
    .filter((script) => !scripts.includes(script))
    .map((script) => `there is no npm run ${script}`);
}

/** Finds `./slipway` commands that the program does not have, or that it would not accept as they are written. */
export function unknownCommands({ text }: Document, program: Command): string[] {
  return slipwayCalls(text).flatMap((words) => {
    const problem = problemOf(words, program);
    return problem === null ? [] : [`./slipway ${words.join(' ')}: ${problem}`];
  });
}

/** Answers the words behind each `./slipway`, in code blocks and in code within a line. */
function slipwayCalls(text: string): string[][] {
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  const lines = blocks.flatMap((block) => block.replace(/\\\n/g, ' ').split('\n'));
  const spans = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '');
  return [...lines, ...spans.map((span) => span.replace(/\s+/g, ' '))].flatMap((line) => {
    const [, call] = /(?:^|[\s(])\.\/slipway\s+(.*)$/.exec(line) ?? [];
    return call === undefined ? [] : [wordsOf(call)];
  });
}

/** Answers the words of a shell line up to a comment, a file that is read, or another command. */
export function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|<[^>]*>|[^\s"'<]+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||;|&&|>)/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

/** Says what the program would not accept of a call; null if there is nothing. */
export function problemOf(words: readonly string[], program: Command): string | null {
  let command = program;
  const rest = [...words];
  for (let word = rest[0]; word !== undefined && command.commands.length > 0; word = rest[0]) {
    if (isPlaceholder(word) || word === '--help') return null;
    const inner = command.commands.find((one) => one.name() === word);
    if (!inner) return `there is no command ${word}`;
    command = inner;
    rest.shift();
  }
  return problemOfFlags(rest, command);
}

function problemOfFlags(words: readonly string[], command: Command): string | null {
  const rest = [...words];
  const values: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!/^-[a-z-]/.test(word)) {
      if (!isPlaceholder(word)) values.push(word);
      continue;
    }
    if (word === '--help') continue;
    const option = command.options.find(({ long, short }) => [long, short].includes(word.split('=')[0]));
    if (!option) return `there is no flag ${word}`;
    if ((option.required || option.optional) && !word.includes('=')) rest.shift();
  }
  const most = command.registeredArguments.length;
  return values.length > most ? `takes ${most} arguments, not ${values.join(' ')}` : null;
}

export function isPlaceholder(word: string): boolean {
  return /^<.*>$|^\.\.\.$|^…$/.test(word);
}

/** A heading of a document: its anchor, how deep it is, and where it stands in the text. */
interface Heading {
  anchor: string;
  level: number;
  at: number;
}

/** Answers a document's headings with their anchors, as GitHub makes them. */
export function anchorsIn(text: string): Heading[] {
  const seen = new Map<string, number>();
  const blank = (block: string) => ' '.repeat(block.length);
  return [...text.replace(/```[\s\S]*?```/g, blank).matchAll(/^(#{1,6}) (.+)$/gm)].map(
    ({ 1: signs = '', 2: heading = '', index }) => {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return { anchor: before === 0 ? slug : `${slug}-${before}`, level: signs.length, at: index };
    },
  );
}

function withoutCode(text: string): string {
  return text
    .replace(/```[\s\S]*?```/g, '')
    .replace(/^(#.*)$|`[^`\n]*`/gm, (_found, heading?: string) => heading ?? '');
}

function expandBraces(path: string): string[] {
  const [, before, inner, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (inner === undefined) return [path];
  return inner.split(',').flatMap((one) => expandBraces(`${before}${one}${after}`));
}

/** Answers the part of a path before a placeholder or a pattern, without the punctuation of a sentence. */
function fixedPart(path: string): string {
  const [fixed = ''] = /^[^<>*{},]*/.exec(path) ?? [];
  const cut = fixed.length < path.length ? fixed.slice(0, fixed.lastIndexOf('/') + 1) : fixed;
  return cut.replace(/\.+$/, '');
}
