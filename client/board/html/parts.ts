import { html, webLink, type Markup } from '../../report/html/markup.ts';
import { asCalled } from '../../cli/called-as.ts';
import { cleanLine } from '../../cli/text.ts';
import type { Answer, Subject } from '../asks.ts';
import type { Fact } from '../facts.ts';
import type { StateWord, Tone } from '../states.ts';

/** A sign before each word: who sees no colours knows them by it. */
const signs: Record<Tone, string> = { alarm: '▲', ask: '?', stop: '■', move: '▶', calm: '✓', unknown: '…' };

/** Writes a state: its sign, its word, and where it leads. */
export function stateHtml({ word, tone, link }: StateWord): Markup {
  const text = html`<span class="sign" aria-hidden="true">${signs[tone]}</span> ${cleanLine(word)}`;
  return html`<span class="state ${tone}">${linked(link, text)}</span>`;
}

/** Writes facts as labels and texts. */
export function factsHtml(facts: readonly Fact[]): Markup {
  const rows = facts.map(
    ({ label, text, isOdd, command }) =>
      html`<div class="fact ${isOdd ? 'odd' : ''}">
        <dt>${label}</dt>
        <dd>${cleanLine(asCalled(text))}${command ? commandHtml(command) : html``}</dd>
      </div>`,
  );
  return html`<dl>${rows}</dl>`;
}

/** Writes what should be seen first, with the commands to paste. */
export function subjectHtml({ id, title, word, link, facts, answers }: Subject, tone: Tone): Markup {
  return html`<article id="${idOf(id)}" class="subject ${tone}">
    <h3>${stateHtml({ word, tone, link: null })} ${linked(link, html`${cleanLine(title)}`)}</h3>
    ${factsHtml(facts)} ${answers.length > 0 ? answersHtml(answers) : html``}
  </article>`;
}

/** Writes a link to a page of the Temporal UI; the text alone where there is none. */
export function linked(link: string | null, text: Markup): Markup {
  return link === null ? text : webLink(link, text);
}

/** Makes an id of a name: whatever stands in it, an attribute has it whole. */
export function idOf(name: string): string {
  return `x-${encodeURIComponent(name)}`;
}

function answersHtml(answers: readonly Answer[]): Markup {
  const items = answers.map(
    ({ what, command }) =>
      html`<li>
        ${what === '' ? html`` : html`<span class="what">${cleanLine(what)}</span>`}${
          command === '' ? html`` : commandHtml(command)
        }
      </li>`,
  );
  return html`<ul class="answers">
    ${items}
  </ul>`;
}

/** A command stands alone, so that one click selects it whole. Its words are kept whole: `--by` is no `--` and `by`. */
function commandHtml(command: string): Markup {
  const words = cleanLine(asCalled(command)).split(' ');
  const parts = words.map((word, index) => html`${index === 0 ? '' : ' '}<span class="word">${word}</span>`);
  return html`<code class="command">${parts}</code>`;
}
