import { html, type Markup } from './markup.ts';

/** A time that is drawn from left to right. */
export interface Axis {
  from: number;
  to: number;
}

const minute = 60_000;
const hour = 60 * minute;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 43_200, 525_600].map(
  (minutes) => minutes * minute,
);
const maxTicks = 6;
/** A label so near to an edge would be cut off. */
const margin = 6;

/** Answers how far from the left a moment is, in percent; what is outside stands at the edge. */
export function percentOf({ from, to }: Axis, at: string | number): number {
  const time = typeof at === 'number' ? at : Date.parse(at);
  const share = (time - from) / Math.max(1, to - from);
  // A time that is none must not spoil the picture.
  return Number.isNaN(share) ? 0 : Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
}

/** Draws lines at round times, which go through everything that is drawn on this axis. */
export function gridLines(axis: Axis): Markup[] {
  return ticksOf(axis).map((at) => {
    const x = `${percentOf(axis, at)}%`;
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%" />`;
  });
}

/** Writes the round times themselves, in UTC. */
export function axisLabels(axis: Axis): Markup {
  const labels = ticksOf(axis).filter((at) => percentOf(axis, at) >= margin && percentOf(axis, at) <= 100 - margin);
  const texts = labels.map((at) => html`<text x="${percentOf(axis, at)}%" y="12">${labelOf(axis, at)}</text>`);
  return html`<svg class="axis" height="16" aria-hidden="true">${texts}</svg>`;
}

function ticksOf({ from, to }: Axis): number[] {
  const step = steps.find((one) => (to - from) / one <= maxTicks) ?? to - from;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: Math.min(count, maxTicks + 1) }, (_, index) => first + index * step);
}

function labelOf({ from, to }: Axis, at: number): string {
  const text = new Date(at).toISOString();
  return to - from > 24 * hour ? text.slice(5, 10) : text.slice(11, 16);
}
