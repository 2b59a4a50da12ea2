import type { Point } from '../../../contract/incident/look.ts';
import { utcText } from '../durations.ts';
import type { IncidentReport } from '../incident-report.ts';
import { peakText, shareText } from '../sections.ts';
import { axisLabels, gridLines, percentOf, type Axis } from './axis.ts';
import { html, type Markup } from './markup.ts';

/** The picture in its own units; it is stretched to the width of the page. */
const width = 1_000;
const height = 160;
/** Values that are further apart than so many usual steps have a gap between them: there was none. */
const gapSteps = 1.6;

interface Event {
  at: string;
  what: string;
  style: 'onset' | 'change' | 'done';
}

/** Draws the share of failed requests over time, with the changes on it. Empty if the incident has no such series. */
export function errorRateDrawing(report: IncidentReport): Markup {
  const { errorRate } = report;
  const points = errorRate?.points ?? [];
  const [first, last] = [points.at(0), points.at(-1)];
  if (!errorRate || !first || !last) return html``;
  const axis = { from: Date.parse(first.at), to: Math.max(Date.parse(last.at), Date.parse(first.at) + 60_000) };
  const top = Math.max(...points.map(({ value }) => value)) || 1;
  const events = eventsOf(report).filter(({ at }) => Date.parse(at) >= axis.from && Date.parse(at) <= axis.to);
  return html`<figure class="drawing">
    <div class="scale">${shareText(top)}</div>
    <svg height="${height}" role="img" aria-label="error rate: ${peakText(points)}">
      ${gridLines(axis)}
      <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" width="100%" height="${height}">
        <path class="rate" d="${pathOf(points, axis, top)}" vector-effect="non-scaling-stroke" />
      </svg>
      ${events.map((event, index) => eventMark(event, index, axis))}
    </svg>
    <div class="scale">0 %</div>
    ${axisLabels(axis)}
    <ol class="legend">
      ${events.map(({ at, what, style }) => html`<li class="${style}">${utcText(at)}: ${what}</li>`)}
    </ol>
    <figcaption>${peakText(points)} The query is below.</figcaption>
  </figure>`;
}

function eventsOf({ status }: IncidentReport): Event[] {
  const { suspects, mitigations, onset } = status;
  const events: Event[] = [
    ...suspects.map(({ at, what }) => ({ at, what: `change: ${what}`, style: 'change' as const })),
    { at: onset, what: 'it began', style: 'onset' },
    ...mitigations.flatMap(({ name, startedAt, endedAt }): Event[] => [
      { at: startedAt, what: `${name} begins`, style: 'done' },
      ...(endedAt === null ? [] : [{ at: endedAt, what: `${name} has ended`, style: 'done' as const }]),
    ]),
  ];
  return events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** A line with its number; numbers stand on several heights, so that near ones can be read. */
function eventMark({ at, style }: Event, index: number, axis: Axis): Markup {
  const x = percentOf(axis, at);
  const y = 14 + (index % 4) * 18;
  const centre = Math.min(97, Math.max(3, x));
  return html`<g class="${style}">
    <line x1="${x}%" x2="${x}%" y1="0" y2="100%" />
    <circle cx="${centre}%" cy="${y}" r="8" />
    <text class="number" x="${centre}%" y="${y + 4}">${index + 1}</text>
  </g>`;
}

function pathOf(points: readonly Point[], axis: Axis, top: number): string {
  const times = points.map(({ at }) => Date.parse(at));
  const step = Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? time)));
  return points
    .map(({ value }, index) => {
      const [time = 0, before = -Infinity] = [times[index], times[index - 1]];
      const x = (percentOf(axis, time) / 100) * width;
      const y = height - 2 - (value / top) * (height - 4);
      return `${time - before > step * gapSteps ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}h0`;
    })
    .join('');
}
