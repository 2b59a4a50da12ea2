import { expect, it } from 'vitest';
import { createOutput } from '../../client/cli/output.ts';
import { openSerializer } from '../../client/cli/serializer.ts';
import { openSession } from '../../client/cli/session.ts';
import { SlipwayClient } from '../../client/api/slipway-client.ts';
import { followStarted } from '../../client/commands/follow-started.ts';

const options = { address: 'temporal.example.com:7233' };
const client = { workflow: { start: async () => ({ firstExecutionRunId: 'run-1' }) } };

/** Answers what a command prints that starts a run and does not wait. */
async function printed(flags: object): Promise<string> {
  let text = '';
  const stdout = { write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WritableStream;
  const output = createOutput(await openSerializer(flags), { stdout, stderr: stdout, environment: {} });
  const session = openSession({ output, interrupted: new AbortController().signal, environment: {} });
  const slipway = new SlipwayClient(client as never, { ui: undefined, namespace: 'releases', options });
  slipway.hasWorker = async () => true;
  const started = await slipway.start('migrate', {
    service: 'agento',
    environment: 'staging',
    requestedBy: 'ann@example.com',
  });
  await followStarted(session, slipway, started, {});
  return text;
}

it('the answer of a start names the Temporal that has the run, to a person and to a program', async () => {
  expect(await printed({})).toContain('Temporal at temporal.example.com:7233, namespace releases');
  expect(JSON.parse(await printed({ json: true }))).toMatchObject({
    temporal: { address: 'temporal.example.com:7233', namespace: 'releases' },
  });
});
