import { utcText } from '../durations.ts';
import type { Block, Report } from '../blocks.ts';
import type { IncidentReport } from '../incident-report.ts';
import { incidentPage } from '../sections.ts';
import { blockHtml } from './blocks.ts';
import { errorRateDrawing } from './error-rate-drawing.ts';
import { html, webLink, type Markup } from './markup.ts';
import { style } from './style.ts';
import { timelineDrawing } from './timeline-drawing.ts';

/** The pictures of a report. */
export type Drawings = { [Name in Extract<Block, { kind: 'drawing' }>['of']]?: Markup };

/** Writes the report of an incident as a page with its drawings. */
export function reportHtml(report: IncidentReport): string {
  return pageHtml(incidentPage(report), {
    timeline: timelineDrawing(report),
    'error rate': errorRateDrawing(report),
  });
}

/**
 * Writes a report as one HTML page that needs nothing beside it: it can be mailed, kept and printed. Its policy
 * forbids whatever would be loaded or run (MDN, Content-Security-Policy: default-src).
 */
export function pageHtml(report: Report, drawings: Drawings = {}): string {
  const { badge, title, madeAt, from } = report;
  const sections = report.sections.map(
    ({ title: heading, blocks }) =>
      html`<section>
        <h2>${heading}</h2>
        ${blocks.map((block) => blockHtml(block, drawings))}
      </section>`,
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${badge} ${title}</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        ${header(report)}
        <main>${sections}</main>
        <footer>
          Made at ${utcText(madeAt)} from the ${from.kind} ${from.link ? webLink(from.link, from.name) : from.name}.
          Times are UTC.
        </footer>
      </body>
    </html> `;
  return page.markup;
}

function header({ badge, title, headline, facts }: Report): Markup {
  const terms = facts.map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`,
  );
  return html`<header>
    <h1><span class="severity ${badge.toLowerCase()}">${badge}</span> ${title}</h1>
    <p class="headline">${headline}</p>
    <dl>${terms}</dl>
  </header>`;
}
