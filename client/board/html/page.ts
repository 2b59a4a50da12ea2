import { countOf } from '../../../contract/plan.ts';
import { asCalled } from '../../cli/called-as.ts';
import { html, type Markup } from '../../report/html/markup.ts';
import { momentText } from '../../view/time.ts';
import { openIncidents, movingRuns, waitsForPeople, type Subject } from '../asks.ts';
import type { Board } from '../board.ts';
import { pastDays } from '../gather.ts';
import type { Tone } from '../states.ts';
import { subjectHtml } from './parts.ts';
import { placesHtml } from './places.ts';
import { weekHtml } from './week.ts';

/** Writes the page. Style and script are files of this server: its policy lets nothing else in. */
export function boardPage(board: Board, now: Date = new Date()): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${titleOf(board, now)}</title>
        <link rel="icon" href="/board.svg" />
        <link rel="stylesheet" href="/board.css" />
        <script src="/board.js" defer></script>
        <noscript><meta http-equiv="refresh" content="10" /></noscript>
      </head>
      <body>
        <p id="lost" role="alert" hidden></p>
        <p id="heard">as of ${momentText(now.toISOString(), now)}</p>
        ${{ markup: boardContent(board, now) }}
      </body>
    </html> `.markup;
}

/** Writes what the script fetches again and again; it is the same text as long as nothing is new. */
export function boardContent(board: Board, now: Date = new Date()): string {
  const incidents = openIncidents(board, now);
  const waits = waitsForPeople(board, now);
  const moves = movingRuns(board, now);
  return html`<main id="board" data-title="${titleOf(board, now)}">
    <header>
      <h1>Slipway</h1>
      <p class="headline">
        ${board.at === null ? 'Nothing is known yet.' : headline(incidents.length, waits.length, moves.length)}
      </p>
      ${warnings(board, now)}
    </header>
    ${section('incidents', 'Open incidents', incidents, 'alarm')}
    ${section('waits', 'Waits for somebody', waits, 'ask')} ${section('moves', 'In progress', moves, 'move')}
    <section id="environments">
      <h2>Services by environment</h2>
      ${placesHtml(board, now)}
    </section>
    <section id="week">
      <h2>The last ${pastDays} days</h2>
      ${weekHtml(board, now)}
    </section>
    <footer>
      Namespace ${board.temporal.namespace} of Temporal at ${board.temporal.address}. This page only reads. Commands are
      for a terminal in the folder of Slipway; each asks for what it needs.
    </footer>
  </main>`.markup;
}

function titleOf(board: Board, now: Date): string {
  const waits = waitsForPeople(board, now).length;
  const counts = [
    ...(board.incidents.length > 0 ? [countOf(board.incidents.length, 'incident')] : []),
    ...(waits > 0 ? [`${countOf(waits, 'run')} ${waits === 1 ? 'waits' : 'wait'}`] : []),
  ];
  return counts.length > 0 ? `${counts.join(', ')} · Slipway` : 'Slipway';
}

function headline(incidents: number, waits: number, moves: number): string {
  return [
    incidents === 0 ? 'No incident is open.' : `${countOf(incidents, 'incident')} open.`,
    waits === 0
      ? 'Nothing waits for a person.'
      : `${countOf(waits, 'run')} ${waits === 1 ? 'waits' : 'wait'} for people.`,
    moves === 0 ? 'Nothing is in progress.' : `${countOf(moves, 'run')} in progress.`,
  ].join(' ');
}

/** Says what on this page may be old or missing. */
function warnings({ outage, silence, at, notices }: Board, now: Date): Markup {
  const before = at === null ? '' : `. What follows is from ${momentText(at, now)}.`;
  const lines = [
    ...(outage ? [`${outage.reason}, since ${momentText(outage.since, now)}${before}`] : []),
    ...(silence === null || outage
      ? []
      : [`Stale: ${silence}. What follows was known last, and nothing moves. Start a worker: ./slipway worker`]),
    ...notices,
  ];
  return lines.length === 0
    ? html``
    : html`<ul class="warnings">
        ${lines.map((line) => html`<li>${asCalled(line)}</li>`)}
      </ul>`;
}

function section(id: string, title: string, subjects: readonly Subject[], tone: Tone): Markup {
  return subjects.length === 0
    ? html`<section id="${id}" hidden></section>`
    : html`<section id="${id}">
        <h2>${title}</h2>
        <div class="subjects">${subjects.map((subject) => subjectHtml(subject, tone))}</div>
      </section>`;
}
