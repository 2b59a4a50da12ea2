import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunReport } from '../../api/run-report.ts';
import { CommandError } from '../../cli/command-error.ts';
import { reportHtml } from '../../report/html/page.ts';
import { incidentReport, type IncidentReport } from '../../report/incident-report.ts';
import { reportMarkdown } from '../../report/markdown.ts';
import type { Stage } from '../stage.ts';

/** Makes the report of the incident from its run. Throws a CommandError if no worker answers. */
export async function makeReport({ slipway }: Stage, resolved: RunReport): Promise<IncidentReport> {
  const made = incidentReport(resolved, (await slipway.timeline(resolved.workflowId)) ?? [], new Date());
  if (made === null) throw CommandError.unreachable('no worker answers, and only a worker can read a run');
  return made;
}

/** Writes a report as a page and as Markdown, into the sandbox's folder. Answers the files. */
export async function writeReport({ sandbox }: Stage, made: IncidentReport): Promise<string[]> {
  const folder = path.join(sandbox.dir, 'reports');
  await mkdir(folder, { recursive: true });
  const texts = { html: reportHtml(made), md: reportMarkdown(made) };
  const files = Object.entries(texts).map(([ending, text]) => {
    return { file: path.join(folder, `incident-${made.status.incident}.${ending}`), text };
  });
  await Promise.all(files.map(async ({ file, text }) => writeFile(file, text)));
  return files.map(({ file }) => file);
}
