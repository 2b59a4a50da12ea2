import type { AlertState } from '../../../contract/incident/status.ts';
import { countOf } from '../../../contract/plan.ts';
import { betweenText, durationText, utcText } from '../durations.ts';
import type { IncidentReport } from '../incident-report.ts';

/** A line of the drawing: what it is about, and what of it is drawn. */
export interface Lane {
  label: string;
  /** The name of its colour. */
  style: 'time' | 'alert' | 'change' | 'done' | 'said' | 'refused';
  bars: { from: string; to: string; title: string }[];
  points: { at: string; title: string }[];
}

const maxAlertLanes = 12;
const maxChangeLanes = 5;

/** Puts the parts of an incident into lanes: changes, times, alerts, mitigations, messages. */
export function lanesOf(report: IncidentReport): Lane[] {
  return [...changes(report), ...times(report), ...alerts(report), ...mitigations(report), ...messages(report)];
}

function changes({ status }: IncidentReport): Lane[] {
  return status.suspects.slice(0, maxChangeLanes).map(({ what, at }, index) => ({
    label: `change ${index + 1}: ${what}, ${betweenText(at, status.onset)} before it began`,
    style: 'change',
    bars: [],
    points: [{ at, title: `${what}, ${utcText(at)}` }],
  }));
}

/** The time until each, counted from the opening; the whole is the first. */
function times({ times: all, status, openedAt, endedAt, madeAt }: IncidentReport): Lane[] {
  const whole = { from: status.onset, to: endedAt ?? madeAt };
  const took = betweenText(whole.from, whole.to);
  const began = `began ${utcText(status.onset)}; ${endedAt === null ? `open since ${took}` : `over after ${took}`}`;
  const measured = all.flatMap(({ name, at, afterOpeningMs }): Lane[] => {
    if (at === null || afterOpeningMs === null || name === 'began' || name === 'opened') return [];
    const label = `${name} ${utcText(at)}, ${durationText(afterOpeningMs)} after it was opened`;
    return [{ label, style: 'time', bars: [{ from: openedAt, to: at, title: label }], points: [] }];
  });
  return [{ label: began, style: 'time', bars: [{ ...whole, title: began }], points: [] }, ...measured];
}

/** One lane for each name: an alert that came back has several bars in it. */
function alerts({ status, endedAt, madeAt }: IncidentReport): Lane[] {
  const byName = Map.groupBy(status.alerts, ({ name }) => name);
  const lanes = [...byName].slice(0, maxAlertLanes).map(([name, episodes]): Lane => {
    const times = episodes.length > 1 ? `, ${countOf(episodes.length, 'time')}` : '';
    const bars = episodes.map((episode) => barOf(episode, endedAt ?? madeAt));
    return { label: `alert ${name}${times}`, style: 'alert', bars, points: [] };
  });
  const more = byName.size - lanes.length;
  return more > 0 ? [...lanes, { label: `and ${more} more below`, style: 'alert', bars: [], points: [] }] : lanes;
}

function barOf({ startsAt, endsAt, name }: AlertState, end: string): Lane['bars'][number] {
  const until = endsAt === null ? 'no end was told' : `until ${utcText(endsAt)}`;
  return { from: startsAt, to: endsAt ?? end, title: `${name}, ${utcText(startsAt)}, ${until}` };
}

function mitigations({ status, endedAt, madeAt }: IncidentReport): Lane[] {
  return status.mitigations.map(({ name, by, startedAt, endedAt: until, succeeded }) => {
    const how = succeeded === null ? 'under way' : succeeded ? 'succeeded' : 'failed';
    const label = `${name} by ${by}: ${how}`;
    return {
      label,
      style: 'done',
      bars: [{ from: startedAt, to: until ?? endedAt ?? madeAt, title: label }],
      points: [],
    };
  });
}

function messages({ status, timeline }: IncidentReport): Lane[] {
  const lanes: [name: string, style: Lane['style'], points: Lane['points']][] = [
    ['people were told', 'said', status.updates.map(({ at, text }) => ({ at, title: text }))],
    ['messages that were refused', 'refused', status.refused.last.map(({ at, reason }) => ({ at, title: reason }))],
    ['everything in the timeline', 'said', timeline.map(({ at, what }) => ({ at, title: what }))],
  ];
  return lanes
    .filter(([, , points]) => points.length > 0)
    .map(([name, style, points]) => ({ label: `${name}: ${points.length}`, style, bars: [], points }));
}
