import { html, type Markup } from '../../report/html/markup.ts';
import type { Board, BoardPlace } from '../board.ts';
import { placeFacts } from '../facts.ts';
import { guarded } from '../guarded.ts';
import { statesOf } from '../states.ts';
import { factsHtml, idOf, linked, stateHtml } from './parts.ts';

/** Draws services by environments: a row for each service; on a phone a list. */
export function placesHtml(board: Board, now: Date): Markup {
  const columns = columnsOf(board.places);
  const rows = [...Map.groupBy(board.places, ({ service }) => service)];
  return html`<table id="places" class="places ${columns.length > 3 ? 'many' : ''}">
    <thead>
      <tr>
        <th scope="col">service</th>
        ${columns.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(([service, places]) => rowHtml(board, service, columns.map(placeIn(places)), now))}
    </tbody>
  </table>`;
}

function placeIn(places: readonly BoardPlace[]): (environment: string) => BoardPlace | null {
  return (environment) => places.find((place) => place.environment === environment) ?? null;
}

function rowHtml(board: Board, service: string, cells: (BoardPlace | null)[], now: Date): Markup {
  return html`<tr id="${idOf(`row ${service}`)}">
    <th scope="row">${service}</th>
    ${cells.map((place) => (place ? cellHtml(board, place, now) : html`<td class="none">—</td>`))}
  </tr>`;
}

function cellHtml(board: Board, place: BoardPlace, now: Date): Markup {
  const { service, environment, link } = place;
  const { states, facts } = guarded(
    () => ({ states: statesOf(board, place), facts: placeFacts(board, place, now) }),
    (reason) => ({ states: [], facts: [{ label: 'defect', text: reason, isOdd: true }] }),
  );
  return html`<td id="${idOf(`${service} in ${environment}`)}" class="place ${states[0]?.tone ?? ''}">
    <h3>${linked(link, html`<span class="service">${service} </span>${environment}`)}</h3>
    <p class="states">${states.map(stateHtml)}</p>
    ${factsHtml(facts)}
  </td>`;
}

/** The environments in the order of the service that has most of them: the way of a release. */
function columnsOf(places: readonly BoardPlace[]): string[] {
  const services = [...Map.groupBy(places, ({ service }) => service).values()];
  const byNumber = services.toSorted((a, b) => b.length - a.length);
  return [...new Set(byNumber.flat().map(({ environment }) => environment))];
}
