import { codeBlock, codeSpan, escapeMarkdown } from '../../contract/markdown.ts';
import { cleanLine, cleanText } from '../cli/text.ts';
import type { Block, Item, Report } from './blocks.ts';
import { utcText } from './durations.ts';
import type { IncidentReport } from './incident-report.ts';
import { incidentPage } from './sections.ts';

/** Writes the report of an incident as Markdown, for a repository or a wiki. */
export function reportMarkdown(report: IncidentReport): string {
  return pageMarkdown(incidentPage(report));
}

/** Writes a report as Markdown. Text from outside stays text. */
export function pageMarkdown({ badge, title, headline, facts, sections, madeAt, from }: Report): string {
  const parts = [
    `# ${escaped(`${badge} ${title}`)}`,
    `**${escaped(headline)}**`,
    facts.map(([name, value]) => `- ${name}: ${escaped(value)}`).join('\n'),
    ...sections.flatMap(({ title: heading, blocks }) => {
      const texts = blocks.map(block).filter((text) => text !== '');
      return texts.length === 0 ? [] : [`## ${escaped(heading)}`, ...texts];
    }),
    `Made at ${utcText(madeAt)} from the ${from.kind} ${code(from.name)}. Times are UTC.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function block(one: Block): string {
  switch (one.kind) {
    case 'text':
    case 'drawing':
      return escaped(one.text);
    case 'lines':
      return codeBlock(cleanText(one.text));
    case 'table':
      return table(one.columns, one.rows);
    case 'list':
      return one.items.map((item, index) => itemText(item, one.numbered ? `${index + 1}. ` : '- ')).join('\n');
  }
}

function table(columns: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

function itemText({ mark, title, text, below = [], code: typed, link }: Item, sign: string): string {
  const indent = ' '.repeat(sign.length);
  const page = link ? webPage(link) : '';
  return [
    `${sign}${mark ? `${mark} ` : ''}**${escaped(title)}**: ${escaped(text)}`,
    ...below.map((line) => `${indent}- ${escaped(line)}`),
    ...(typed ? [`${indent}- ${code(typed)}`] : []),
    ...(page ? [`${indent}- ${page}`] : []),
  ].join('\n');
}

function escaped(text: string): string {
  return escapeMarkdown(cleanLine(text));
}

/** Makes a link of the address of a web page; any other stays text. */
function webPage(address: string): string {
  const { protocol = '', href = '' } = URL.parse(address) ?? {};
  return ['http:', 'https:'].includes(protocol) ? `<${href.replace(/[<>\s]/g, encodeURIComponent)}>` : escaped(address);
}

function code(text: string): string {
  return codeSpan(cleanLine(text));
}
