import { CommandError } from '../../cli/command-error.ts';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { cleanLine } from '../../cli/text.ts';

/** One entry of the emulated Cloud Logging, as its REST API writes it (entries:list). */
interface Entry {
  timestamp: string;
  severity?: string;
  textPayload?: string;
  jsonPayload?: { message?: string };
  resource: { labels: { revision_name?: string; job_name?: string } };
}

const lines = 40;

export const logs: CommandModule = {
  description: `Shows the last ${lines} lines of a service and of its migration job, as Cloud Logging has them.`,
  arguments: [['<service>', 'the service of the platform, as the catalog names it']],
  examples: ['./slipway sandbox logs openagents-runtime', './slipway sandbox logs shop --json'],
  connects: true,
  run: async (session, _flags, service = '') => {
    const { runningSandbox } = await import('../../local/sandbox-control.ts');
    const { cloud } = await runningSandbox(session);
    if (!cloud) throw CommandError.notFound('the cloud of this sandbox is not up', ['./slipway sandbox status']);
    const name = JSON.stringify(service);
    const entries = await entriesOf(cloud, `resource.labels.service_name=${name} OR resource.labels.job_name:${name}`);
    session.output.result({ entries });
    if (entries.length === 0) session.output.line(`nothing was written by ${service}`);
    for (const entry of entries) session.output.line(lineOf(entry));
    return exitCodes.ok;
  },
};

async function entriesOf({ http, project }: { http: string; project: string }, filter: string): Promise<Entry[]> {
  const query = { resourceNames: [`projects/${project}`], filter, orderBy: 'timestamp desc', pageSize: lines };
  const response = await fetch(new URL('/v2/entries:list', http), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(query),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw CommandError.failed(`the log answers ${response.status}: ${await response.text()}`);
  const { entries = [] } = (await response.json()) as { entries?: Entry[] };
  return entries.toReversed();
}

function lineOf({ timestamp, textPayload, jsonPayload, resource: { labels } }: Entry): string {
  const text = textPayload ?? jsonPayload?.message ?? JSON.stringify(jsonPayload ?? {});
  return cleanLine(`${timestamp} ${labels.revision_name ?? labels.job_name ?? ''}  ${text}`);
}
