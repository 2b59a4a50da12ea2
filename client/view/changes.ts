import type { StepStatus } from '../../contract/status.ts';
import type { Colors } from '../cli/output.ts';
import type { RunReport } from '../api/run-report.ts';
import { cleanLine } from '../cli/text.ts';
import { diagnosisLines, endLines, gateLines, headline, refusalText, stepLine, waitingLines } from './status.ts';

/** Width of the longest usual step name, so that the lines of a log stand in columns. */
const usualWidth = 'smoke-candidate'.length;

/** Shows what is new in a report since the one before, for a pipe, a log or a CI job. */
export function changeLines(before: RunReport | null, now: RunReport, colors: Colors): string[] {
  return [
    ...(before === null ? [headline(now, colors)] : phaseChange(before, now)),
    ...stepChanges(before, now, colors),
    ...waitingChange(before, now, colors),
    ...diagnosisChange(before, now, colors),
    ...refusals(before, now),
    ...(now.end !== null && before?.end == null ? endLines(now, colors) : []),
  ];
}

function phaseChange(before: RunReport, now: RunReport): string[] {
  if (before.phase === now.phase && before.stale === now.stale) return [];
  return now.stale ? [`${cleanLine(now.phase)} (stale: no worker answers)`] : [cleanLine(now.phase)];
}

function stepChanges(before: RunReport | null, now: RunReport, colors: Colors): string[] {
  const shown = new Map((before?.steps ?? []).map((step) => [step.name, progressOf(step)]));
  const nameWidth = Math.max(usualWidth, ...(now.steps ?? []).map(({ name }) => name.length));
  return (
    (now.steps ?? [])
      .filter((step) => step.state !== 'pending' && shown.get(step.name) !== progressOf(step))
      // What has only just begun has no duration worth a line, and no gate that has answered.
      .flatMap((step) =>
        step.state === 'running'
          ? [stepLine({ ...step, startedAt: null }, colors, new Date(), nameWidth)]
          : [stepLine(step, colors, new Date(), nameWidth), ...gateLines(step, colors)],
      )
  );
}

function progressOf({ state, attempts, detail }: StepStatus): string {
  return `${state} ${attempts} ${detail ?? ''}`;
}

function waitingChange(before: RunReport | null, now: RunReport, colors: Colors): string[] {
  const same = before?.waitingFor?.what === now.waitingFor?.what && before?.waitingFor?.since === now.waitingFor?.since;
  return same ? [] : waitingLines(now, colors);
}

function diagnosisChange(before: RunReport | null, now: RunReport, colors: Colors): string[] {
  const same = JSON.stringify(before?.diagnosis) === JSON.stringify(now.diagnosis);
  return same ? [] : diagnosisLines(now, colors);
}

function refusals(before: RunReport | null, now: RunReport): string[] {
  const fresh = (now.refused?.count ?? 0) - (before?.refused?.count ?? 0);
  return fresh > 0 ? (now.refused?.last.slice(-fresh) ?? []).map((refusal) => refusalText(refusal)) : [];
}
