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
    const { askCloud, cloudOf } = await import('../../local/sandbox-control.ts');
    const cloud = await cloudOf(session);
    const name = JSON.stringify(service);
    const body = {
      resourceNames: [`projects/${cloud.project}`],
      filter: `resource.labels.service_name=${name} OR resource.labels.job_name:${name}`,
      orderBy: 'timestamp desc',
      pageSize: lines,
    };
    const answer = (await askCloud(cloud, { method: 'POST', path: '/v2/entries:list', body })) as { entries?: Entry[] };
    const entries = (answer.entries ?? []).toReversed();
    session.output.result({ entries });
    if (entries.length === 0) session.output.line(`nothing was written by ${service}`);
    for (const entry of entries) session.output.line(lineOf(entry));
    return exitCodes.ok;
  },
};

function lineOf({ timestamp, textPayload, jsonPayload, resource: { labels } }: Entry): string {
  const text = textPayload ?? jsonPayload?.message ?? JSON.stringify(jsonPayload ?? {});
  return cleanLine(`${timestamp} ${labels.revision_name ?? labels.job_name ?? ''}  ${text}`);
}
