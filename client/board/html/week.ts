import { describeCommit } from '../../../contract/artifact.ts';
import type { EnvironmentName } from '../../api/environment-name.ts';
import { asCalled } from '../../cli/called-as.ts';
import { cleanLine } from '../../cli/text.ts';
import { axisLabels, gridLines, percentOf, type Axis } from '../../report/html/axis.ts';
import { html, type Markup } from '../../report/html/markup.ts';
import { momentText } from '../../view/time.ts';
import type { Board, PastChange } from '../board.ts';
import { pastDays } from '../gather.ts';
import { idOf, linked } from './parts.ts';

const day = 86_400_000;
/** The newest are told in words; all of them stand in the strip. */
const maxInWords = 30;

/** Draws the changes of the last days, a lane for each place, and tells the newest in words. */
export function weekHtml(board: Board, now: Date): Markup {
  const { past } = board;
  if (past.length === 0) return html`<p>No change has ended in the last ${pastDays} days.</p>`;
  // The axis moves by the hour, so that what is drawn stays where it is.
  const to = Math.ceil(now.getTime() / 3_600_000) * 3_600_000;
  const axis = { from: to - pastDays * day, to };
  const byLane = Map.groupBy(past, laneOf);
  const lanes = [...new Set([...board.places.map(laneOf), ...byLane.keys()])].flatMap((name) => {
    const changes = byLane.get(name);
    return changes ? [{ name, changes }] : [];
  });
  const more = past.length - maxInWords;
  return html`<div class="strip" role="img" aria-label="the changes of the last ${pastDays} days, told in words below">
      ${axisLabels(axis)}${lanes.map(({ name, changes }) => laneHtml(axis, name, changes))}
    </div>
    <p class="legend">
      ${markHtml('done', 8)} reached its aim ${markHtml('failed', 8)} did not ${markHtml('early', 8)} ended before it
      held the environment. Days are in UTC.
    </p>
    <ol class="changes">
      ${past.slice(0, maxInWords).map((change) => changeHtml(change, now))}
    </ol>
    ${more > 0 ? html`<p>${more} older ones: ${asCalled('./slipway list --all')}</p>` : html``}`;
}

function laneOf({ service, environment }: EnvironmentName): string {
  return environment === '' ? `${service}, whole releases` : `${service} in ${environment}`;
}

function laneHtml(axis: Axis, name: string, changes: readonly PastChange[]): Markup {
  return html`<div class="lane" id="${idOf(`lane ${name}`)}">
    <div class="label">${cleanLine(name)}: ${changes.length}</div>
    <svg height="18" aria-hidden="true">
      ${gridLines(axis)}
      ${changes.map((change) => markHtml(styleOf(change), percentOf(axis, change.at), titleOf(change)))}
    </svg>
  </div>`;
}

type Style = 'done' | 'failed' | 'early';

function styleOf({ isDone, hasHeld }: PastChange): Style {
  if (!hasHeld && !isDone) return 'early';
  return isDone ? 'done' : 'failed';
}

/** Each has a shape of its own: a disc, a cross, a ring. */
function markHtml(style: Style, at: number, title?: string): Markup {
  const shapes: Record<Style, Markup> = {
    done: html`<circle cx="7" cy="9" r="5" />`,
    failed: html`<path d="M2 4 12 14 M12 4 2 14" />`,
    early: html`<circle cx="7" cy="9" r="4" />`,
  };
  const content = html`<g class="mark ${style}">${title ? html`<title>${title}</title>` : html``}${shapes[style]}</g>`;
  if (title === undefined) return html`<svg class="sample" width="14" height="18" aria-hidden="true">${content}</svg>`;
  return html`<svg x="${Math.min(at, 98)}%" width="14" height="18">${content}</svg>`;
}

function titleOf({ kind, commit, at, word }: PastChange): string {
  return `${kind} of ${describeCommit(commit)}: ${word}, ${at}`;
}

function changeHtml(
  { kind, service, environment, commit, at, by, word, outcome, link, isDone }: PastChange,
  now: Date,
): Markup {
  const what = `${kind} ${service}${environment === '' ? '' : ` → ${environment}`}`;
  const which = [commit === '' ? '' : describeCommit(commit), by === '' ? '' : `by ${by}`].filter(Boolean).join(', ');
  return html`<li>
    <span class="when">${momentText(at, now)}</span>
    <span class="state ${isDone ? 'calm' : 'alarm'}">${isDone ? '✓' : '✗'} ${word}</span>
    ${linked(link, html`${cleanLine(what)}`)} <span class="which">${cleanLine(which)}</span>
    <span class="outcome">${cleanLine(outcome)}</span>
  </li>`;
}
