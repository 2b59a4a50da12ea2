import type { RunReport } from '../../api/run-report.ts';
import { CommandError } from '../../cli/command-error.ts';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags, runArgument } from '../../cli/flags.ts';
import { resolveRun } from '../../requests/resolve-run.ts';
import { writeReport } from '../write-report.ts';
import { slipwayLine } from '../../../contract/shell-word.ts';

interface Options {
  environment?: string;
  markdown?: string;
  html?: string;
}

export const report: CommandModule<Options> = {
  description:
    'Times to acknowledge, mitigate and resolve, the timeline, changes, evidence and follow-ups. Without a file: ' +
    'Markdown, here. The HTML page needs nothing beside it; its drawings are in it.',
  arguments: [runArgument],
  flags: [
    flags.environment,
    ['--markdown <file>', 'write it as Markdown into this file', { names: 'files' }],
    ['--html <file>', 'write it as one HTML page into this file', { names: 'files' }],
  ],
  examples: [
    './slipway incident report openagents-runtime --environment production --html incident.html',
    './slipway incident report incident/openagents-runtime/production/stream-completion --markdown incident.md',
  ],
  connects: true,
  run: async ({ output, ...session }, options, given = '') => {
    const [{ reportHtml }, { incidentReport }, { reportMarkdown }] = await Promise.all([
      import('../../report/html/page.ts'),
      import('../../report/incident-report.ts'),
      import('../../report/markdown.ts'),
    ]);
    const slipway = await session.slipway();
    const choice = { given, environment: options.environment, types: ['incident'], closedToo: true };
    const workflowId = await resolveRun(session, slipway, choice);
    const run = await slipway.status(workflowId);
    const made = incidentReport(run, (await slipway.timeline(workflowId)) ?? [], new Date());
    if (made === null) throw noReport(run, run.stale ? await slipway.silence() : '');
    const files = await writeReport(options, { markdown: () => reportMarkdown(made), html: () => reportHtml(made) });
    output.result({ files, ...made });
    for (const file of files) output.line(`written: ${file}`);
    if (files.length === 0) output.line(reportMarkdown(made).trimEnd());
    return exitCodes.ok;
  },
};

function noReport({ workflowId, workflowType, stale }: RunReport, silence: string): CommandError {
  if (workflowType !== 'incident')
    return CommandError.notFound(`${workflowId} is no incident but a run of ${workflowType}`, [
      `any run is shown by: ${slipwayLine('status', workflowId)}`,
    ]);
  if (stale)
    return CommandError.unreachable(`only a worker can read a run: ${silence}`, ['start one: ./slipway worker']);
  return CommandError.failed(`${workflowId} does not answer as an incident: is the worker older than this command?`);
}
