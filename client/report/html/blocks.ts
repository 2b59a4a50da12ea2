import type { Block, Item } from '../blocks.ts';
import { html, webLink, type Markup } from './markup.ts';
import type { Drawings } from './page.ts';

/** Writes a part of the report; the drawings are given. */
export function blockHtml(block: Block, drawings: Drawings): Markup {
  switch (block.kind) {
    case 'text':
      return html`<p>${block.text}</p>`;
    case 'drawing':
      return drawings[block.of] ?? html``;
    case 'lines':
      return html`<pre><code>${block.text}</code></pre>`;
    case 'table':
      return table(block.columns, block.rows);
    case 'list': {
      const items = block.items.map((item) => html`<li>${itemHtml(item)}</li>`);
      return block.numbered
        ? html`<ol>
            ${items}
          </ol>`
        : html`<ul>
            ${items}
          </ul>`;
    }
  }
}

/** Each cell knows its column: on a phone a row is a list of them. */
function table(columns: string[], rows: string[][]): Markup {
  const cells = (row: string[]) =>
    row.map(
      (cell, index) =>
        html`<td class="${cell === '—' ? 'none' : ''}" data-column="${columns[index] ?? ''}">${cell}</td>`,
    );
  return html`<table>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col">${column}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${cells(row)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function itemHtml({ mark, title, text, below = [], code, link }: Item): Markup {
  const sign = mark ? html`<span class="mark">${mark}</span> ` : html``;
  const lines =
    below.length > 0
      ? html`<ul class="below">
          ${below.map((line) => html`<li>${line}</li>`)}
        </ul>`
      : html``;
  const typed = code ? html`<pre><code>${code}</code></pre>` : html``;
  const page = link ? html`<p class="link">${webLink(link, 'open its source')}</p>` : html``;
  return html`${sign}<strong>${title}</strong>: ${text}${lines}${typed}${page}`;
}
