import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { askAgain } from '../../contract/early-query.ts';
import { openedForFile } from '../opened-for-file.ts';
import { sharedTemporal } from '../shared-temporal.ts';
import { logErrorsOnly } from '../temporal-server.ts';

let workflowBundle: WorkflowBundleWithSourceMap;
const temporal = openedForFile(
  async () => {
    logErrorsOnly();
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./clock-workflow.ts', import.meta.url)),
      workflowInterceptorModules: [fileURLToPath(new URL('../../workflows/early-query.ts', import.meta.url))],
      logger: new DefaultLogger('WARN'),
    });
    return sharedTemporal();
  },
  (environment) => environment.teardown(),
);

/** Which of the two a worker takes first, the query or the task, is the server's whim: of ten runs some are early. */
const runs = 10;

it('a query that waits for a worker while timers fire and messages come leaves every run replayable', async () => {
  const { connection, nativeConnection } = temporal;
  const client = new Client({ connection, interceptors: { workflow: [askAgain] } });
  const taskQueue = `test-${randomUUID()}`;
  const working = async <T>(situation: () => Promise<T>): Promise<T> => {
    const stickyQueueScheduleToStartTimeout = '1 second';
    const options = { connection: nativeConnection, taskQueue, workflowBundle, stickyQueueScheduleToStartTimeout };
    return (await Worker.create(options)).runUntil(situation);
  };
  const handles = await Promise.all(
    Array.from({ length: runs }, (_, run) =>
      client.workflow.start('clock', { taskQueue, workflowId: `${taskQueue}-${run}` }),
    ),
  );
  const queried = () => Promise.all(handles.map((handle) => handle.query<string[]>('status')));
  await working(queried);

  const asked = queried();
  await pause(2_500);
  const told = handles.map((handle) => handle.executeUpdate('tell'));
  await pause(300);
  const answers = await working(async () => {
    await Promise.all(told);
    return asked;
  });

  for (const seen of answers) expect(seen).not.toEqual([]);
  for (const handle of handles)
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  const ended = await working(async () => {
    await Promise.all(handles.map((handle) => handle.executeUpdate('tell')));
    return Promise.all(handles.map((handle) => handle.result() as Promise<string[]>));
  });
  for (const seen of ended) expect(seen.filter((word) => word === 'told')).toHaveLength(2);
}, 60_000);
