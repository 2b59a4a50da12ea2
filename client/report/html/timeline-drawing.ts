import type { IncidentReport } from '../incident-report.ts';
import { axisLabels, gridLines, percentOf, type Axis } from './axis.ts';
import { lanesOf, type Lane } from './lanes.ts';
import { html, type Markup } from './markup.ts';

const minute = 60_000;
/** At least so much of the time before the onset is drawn; older changes stand at the edge. */
const minBeforeMs = 10 * minute;
/** The narrowest bar that is seen, in percent. */
const minBar = 0.8;

/** Draws what happened: one lane for each alert, change, mitigation and kind of message, all on one axis. */
export function timelineDrawing(report: IncidentReport): Markup {
  const axis = axisOf(report);
  return html`<div class="drawing" role="group" aria-label="what happened, drawn over time">
    ${axisLabels(axis)}${lanesOf(report).map((lane) => laneOf(axis, lane, report.status.onset))}
  </div>`;
}

/** From shortly before the onset, or the change before it, to the end. */
function axisOf({ status, endedAt, madeAt, openedAt }: IncidentReport): Axis {
  const onset = timeOf(status.onset, Date.parse(openedAt));
  const to = Math.max(Date.parse(endedAt ?? madeAt), onset + minute);
  const before = Math.max(minBeforeMs, to - onset);
  const near = status.suspects.map(({ at }) => onset - timeOf(at, 0)).filter((ago) => ago > 0 && ago <= before);
  const shown = Math.max(minBeforeMs, ...near) * 1.1;
  return { from: Math.min(onset, Date.parse(openedAt)) - shown, to: to + (to - onset) * 0.02 };
}

function laneOf(axis: Axis, { label, style, bars, points }: Lane, onset: string): Markup {
  const began = `${percentOf(axis, onset)}%`;
  return html`<div class="lane ${style}">
    <div class="label">${label}</div>
    <svg height="14" aria-hidden="true">
      ${gridLines(axis)}
      <line class="onset" x1="${began}" x2="${began}" y1="0" y2="100%" />
      ${bars.map(({ from, to, title }) => barOf(axis, from, to, title))}
      ${points.map(({ at, title }) => pointOf(axis, at, title))}
    </svg>
  </div>`;
}

function barOf(axis: Axis, from: string, to: string, title: string): Markup {
  const left = Math.min(percentOf(axis, from), 100 - minBar);
  const width = Math.max(minBar, percentOf(axis, to) - left);
  return html`<rect x="${left}%" y="3" width="${width}%" height="8" rx="2"><title>${title}</title></rect>`;
}

/** A dot; an arrow at the edge for what was before. */
function pointOf(axis: Axis, at: string, title: string): Markup {
  if (Date.parse(at) < axis.from) return html`<path d="M9 1 1 7l8 6z"><title>${title}</title></path>`;
  return html`<circle cx="${percentOf(axis, at)}%" cy="7" r="5"><title>${title}</title></circle>`;
}

function timeOf(at: string, otherwise: number): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? otherwise : time;
}
