import path from 'node:path';
import { execa } from 'execa';
import { obtain } from '../sandbox/servers/obtain.ts';
import { temporalCli } from '../sandbox/servers/temporal.ts';
import { startStubServer } from '../test/client/stub-server.ts';
import { projectFolder } from '../worker/project-folder.ts';
import { against, note, type Finding, type Measurement } from './measurement.ts';
import { compared, ratioText, timed } from './pairs.ts';

const answerGoalMs = 500;
const helpGoalMs = 250;
const run = 'measured-1';

/**
 * Measures what a person waits for: whole processes, from `./slipway` to its exit. `status` stands beside the query
 * that Temporal's own command sends, which is written in Go.
 */
export const commandLine: Measurement = {
  title: 'the command line, from start to exit',
  pairs: 20,
  async measure({ pairs }) {
    const temporal = await obtain(temporalCli, () => undefined);
    const server = await startStubServer();
    try {
      return await server.working(async () => answers(pairs, temporal, server.address));
    } finally {
      await server.close();
    }
  },
};

async function answers(pairs: number, temporal: string, address: string): Promise<Finding[]> {
  const slipway = async (...words: string[]) => ended(path.join(projectFolder, 'slipway'), words, address);
  await slipway('deploy', 'shop', '--environment', 'production', '--commit', 'a'.repeat(40), '--id', run);
  const query = ['workflow', 'query', '--workflow-id', run, '--type', 'status', '--address', address];
  const status = await compared(
    pairs,
    () => timed(() => slipway('status', run)),
    () => timed(() => ended(temporal, query, address)),
  );
  const listed = await compared(
    pairs,
    () => timed(() => slipway('list')),
    () => timed(() => slipway('catalog', 'check', '--catalog', path.join(projectFolder, 'catalog'))),
  );
  const help = await compared(
    pairs,
    () => timed(() => slipway('--help')),
    () => timed(() => slipway('deploy', '--no-such-flag')),
  );
  return [
    against('status of a run, median', status.ours, answerGoalMs, ' ms', 0),
    note('temporal workflow query, median', `${status.other.toFixed(0)} ms`),
    note('status against it, median of pairs', ratioText(status.ratio)),
    note('list, median', `${listed.ours.toFixed(0)} ms`),
    note('catalog check, median', `${listed.other.toFixed(0)} ms`),
    against('--help, median', help.ours, helpGoalMs, ' ms', 0),
    against('a usage error, median', help.other, helpGoalMs, ' ms', 0),
  ];
}

async function ended(program: string, words: string[], address: string): Promise<void> {
  await execa(program, words, {
    reject: false,
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: '/nonexistent', SLIPWAY_CATALOG: '/nonexistent' },
  });
}
