import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board } from '../../../client/board/board.ts';
import { environmentWorkflowId, taskQueue } from '../../../contract/ids.ts';
import { eventually } from '../../until.ts';
import { runSlipway, spawnSlipway } from '../run-slipway.ts';
import { startStubServer, type StubServer } from '../stub-server.ts';

const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

/** A board that serves; its page is at `url`. */
async function openBoard(variables: Record<string, string>, ...flags: string[]) {
  const process = spawnSlipway(['board', '--port', '0', ...flags], variables);
  let output = '';
  process.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes('\n')) await once(process.stdout, 'data');
  const [url = ''] = /http:\S+/.exec(output) ?? [];
  return { process, url, page: async () => textOf(await (await fetch(url)).text()) };
}

/** The text of a page, as a person reads it. */
function textOf(page: string): string {
  return page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

describe('./slipway board', () => {
  let server: StubServer;
  beforeAll(async () => {
    server = await startStubServer();
    const { client } = server.environment;
    const place = { service: 'shop', environment: 'production' };
    await server.working(async () => {
      const workflowId = environmentWorkflowId('shop', 'production');
      await client.workflow.start('environment', { workflowId, taskQueue, args: [place] });
      await client.workflow.start('deploy', { workflowId: 'deploy-1', taskQueue, args: [place] });
      await client.workflow.getHandle(workflowId).executeUpdate('freeze', { args: [{ by: 'ann', reason: 'a sale' }] });
      const isListed = async () => ((await server.json('list')) as { phase: string }[])[0]?.phase === 'approval';
      await eventually('the deploy in the list', isListed, 20_000, 200);
    });
  });
  afterAll(async () => server.close());

  it('prints its data once with --json, with what the platform has answered', async () => {
    const board = (await server.working(async () => server.json('board'))) as Board;
    expect(board).toMatchObject({
      outage: null,
      silence: null,
      places: [{ service: 'shop', environment: 'production', state: { kind: 'answered' } }],
      runs: [{ workflowId: 'deploy-1', waitingFor: { what: 'approval of shop' }, stale: false }],
    });
    expect(board.places[0]?.platform?.answer).toEqual({ service: 'shop', environment: 'production', problems: [] });
    expect(board.notices).toEqual([
      expect.stringContaining('Only environments that Temporal knows are shown: /nonexistent'),
    ]);
  });

  it('serves what is known without a worker, marked stale, and ends at Ctrl-C', async () => {
    const { process, page } = await openBoard({ TEMPORAL_ADDRESS: server.address });
    const text = await page();
    expect(text).toMatch(/Stale: (nobody works on the task queue slipway|the workers do not answer in time)/);
    expect(text).toContain('approval of shop');
    expect(text).toContain('the next command');
    expect(text).toContain('… stale');
    const before = Date.now();
    process.kill('SIGINT');
    expect((await process).exitCode).toBe(0);
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  it('starts no check of the platform without a worker', async () => {
    const checks = async () => (await server.environment.client.workflow.count('WorkflowType = "checkDrift"')).count;
    const before = await checks();
    await server.json('board');
    expect(await checks()).toBe(before);
  });

  it('is there before Temporal is, and says so', async () => {
    const { process, page } = await openBoard(nowhere);
    expect(await page()).toMatch(/Nothing is known yet\.[^]*Temporal: .*UNAVAILABLE/);
    process.kill('SIGTERM');
    expect((await process).exitCode).toBe(0);
  });

  it('says to whom it is open where that is more than this machine', async () => {
    const { process } = await openBoard(nowhere, '--host', '0.0.0.0');
    process.kill('SIGINT');
    expect((await process).stderr).toContain('everybody who reaches this address can read it, without a password');
  });

  it.each([
    [['--json'], 3, 'Temporal: '],
    [['--port', '70000'], 2, 'must be a number from 0 to 65535'],
    [['--every', 'soon'], 2, 'must be a duration'],
    [['--host', 'no-such-host.invalid'], 1, 'cannot listen at no-such-host.invalid'],
  ])('says what is wrong, and does not serve: %j', async (flags, exitCode, message) => {
    const answer = await runSlipway(['board', '--port', '0', ...flags]);
    expect(answer.exitCode).toBe(exitCode);
    expect(`${answer.stdout}${answer.stderr}`).toContain(message);
  });

  it('says that the port is taken', async () => {
    const { process, url } = await openBoard(nowhere);
    const { port } = new URL(url);
    expect(await runSlipway(['board', '--port', port])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is taken by another process`),
    });
    process.kill('SIGINT');
    await process;
  });
});
