import { utcText } from '../durations.ts';
import type { IncidentReport } from '../incident-report.ts';
import { factsOf, sectionsOf } from '../sections.ts';
import { blockHtml } from './blocks.ts';
import { errorRateDrawing } from './error-rate-drawing.ts';
import { html, webLink, type Markup } from './markup.ts';
import { style } from './style.ts';
import { timelineDrawing } from './timeline-drawing.ts';

/**
 * Writes the report as one HTML page that needs nothing beside it: it can be mailed, kept and printed. Its policy
 * forbids whatever would be loaded or run (MDN, Content-Security-Policy: default-src).
 */
export function reportHtml(report: IncidentReport): string {
  const { status, workflowId, link, madeAt } = report;
  const drawings = { timeline: timelineDrawing(report), 'error rate': errorRateDrawing(report) };
  const sections = sectionsOf(report).map(
    ({ title, blocks }) =>
      html`<section>
        <h2>${title}</h2>
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
        <title>${status.severity} ${status.title}</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        ${header(report)}
        <main>${sections}</main>
        <footer>
          Made at ${utcText(madeAt)} from the run ${link ? webLink(link, workflowId) : workflowId}. Times are UTC.
        </footer>
      </body>
    </html> `;
  return page.markup;
}

function header(report: IncidentReport): Markup {
  const { severity, title } = report.status;
  const facts = factsOf(report).map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`,
  );
  return html`<header>
    <h1><span class="severity ${severity.toLowerCase()}">${severity}</span> ${title}</h1>
    <p class="headline">${report.headline}</p>
    <dl>${facts}</dl>
  </header>`;
}
