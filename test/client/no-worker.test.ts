import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskQueue } from '../../contract/ids.ts';
import { startStubServer, type StubServer } from './stub-server.ts';

const commit = 'a'.repeat(40);
const place = ['shop', '--environment', 'production'];
const nobody = `nobody works on the task queue ${taskQueue}`;

describe('./slipway while nobody works', () => {
  let server: StubServer;
  beforeAll(async () => {
    server = await startStubServer();
  });
  afterAll(async () => server.close());

  const runsOf = async (type: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { status } of server.environment.client.workflow.list({ query: `WorkflowType = "${type}"` }))
      found.push(status.name);
    return found;
  };

  it.each([
    ['drift'],
    ['daily', ...place],
    ['baseline', 'shop'],
    ['notify', '--test', ...place, '--by', 'ann@example.com'],
  ])('%s says so, and starts nothing', async (...words) => {
    expect(await server.json(...words)).toMatchObject({
      error: { code: 'Unreachable', exitCode: 3, message: nobody, hints: ['start a worker: ./slipway worker'] },
    });
    for (const type of ['checkDrift', 'dailyChecks', 'baseline', 'testNotifications'])
      expect(await runsOf(type)).toEqual([]);
  });

  it('starts a run all the same, says that it waits, and why nobody can answer for it', async () => {
    expect(await server.slipway('deploy', ...place, '--commit', commit, '--id', 'waits-1')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('started deploy waits-1'),
      stderr: `${nobody}, so it waits; start a worker: ./slipway worker`,
    });
    for (const question of ['timeline', 'plan'])
      expect(await server.slipway(question, 'waits-1')).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(`no worker answers: ${nobody}`),
      });
    const answer = ['approve', 'waits-1', '--plan', 'ab'.repeat(6), '--timeout', '1s'];
    expect(await server.slipway(...answer)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`no worker answered approve within 1 s: ${nobody}; it may still take effect`),
    });
  });

  it('gives up a look that nobody begins with, and leaves nothing behind for the next worker', async () => {
    await server.working(async () => expect((await server.slipway('drift')).exitCode).toBe(0));
    // The server still remembers the worker that is gone.
    expect(await server.slipway('drift')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/no worker has begun with checkDrift-\w+ within 10 s: .*; it is cancelled/),
    });
    await server.working(async () =>
      expect
        .poll(async () => (await runsOf('checkDrift')).sort(), { timeout: 20_000 })
        .toEqual(['CANCELLED', 'COMPLETED']),
    );
  });
});
