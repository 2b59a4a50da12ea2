import type { Output } from '../cli/output.ts';
import type { RunReport } from '../api/run-report.ts';
import { statusLines } from './status.ts';

/** Shows a run whole; an incident in the order in which a woken person asks. */
export async function runLines(
  report: RunReport,
  { colors, columns }: Pick<Output, 'colors' | 'columns'>,
): Promise<string[]> {
  const now = new Date();
  // The view of an incident wraps its lines, and what measures them takes a while to load.
  if (report.incident === undefined) return statusLines(report, colors, now);
  const { incidentLines, isIncident } = await import('./incident.ts');
  return isIncident(report) ? incidentLines(report, colors, now, columns) : statusLines(report, colors, now);
}
