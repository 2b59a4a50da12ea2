import { afterEach, describe, expect, it } from 'vitest';
import type { protos } from '@google-cloud/run';
import type { CloudProcess } from './cloud.ts';
import type { RunClients } from './run-fixtures.ts';
import { addImage, runClients, untilExecution } from './run-fixtures.ts';
import { withCloud } from './stage.ts';

type Task = protos.google.cloud.run.v2.ITaskTemplate;
type Overrides = protos.google.cloud.run.v2.RunJobRequest.IOverrides;

let cloud: CloudProcess;
let clients: RunClients;
let image: string;

withCloud(async (started) => {
  cloud = started;
  clients = runClients(cloud);
  image = await addImage(cloud, 'job', 'v1');
});

afterEach(() => cloud.control('PUT', 'world', { name: 'recorded' }));

async function createJob(jobId: string, env: Record<string, string> = {}, task: Task = {}) {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const [operation] = await clients.jobs.createJob({
    parent: cloud.parent,
    jobId,
    job: {
      template: {
        template: { containers: [{ image, command: ['node', 'job.js'], args: ['plain'], env: variables }], ...task },
      },
    },
  });
  const [job] = await operation.promise();
  return job;
}

async function execute(name: string, overrides: Overrides = {}) {
  const [operation] = await clients.jobs.runJob({ name, overrides });
  const started = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
  await operation.promise();
  const [execution] = await clients.executions.getExecution({ name: started.name });
  const [tasks] = await clients.tasks.listTasks({ parent: started.name });
  return { execution, tasks };
}

const completed = (execution: protos.google.cloud.run.v2.IExecution) =>
  execution.conditions?.find((each) => each.type === 'Completed');

describe('jobs', () => {
  it('have the defaults of the platform', async () => {
    const job = await createJob('defaults');
    expect((await clients.jobs.getJob({ name: String(job.name) }))[0]).toMatchObject({
      template: {
        taskCount: 1,
        template: { maxRetries: 3, timeout: { seconds: '600' }, executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2' },
      },
      terminalCondition: { type: 'Ready', state: 'CONDITION_SUCCEEDED' },
      reconciling: false,
      executionCount: 0,
    });
  });

  it('keep 0 retries apart from none given', async () => {
    const job = await createJob('once', { EXIT_CODE: '4' }, { maxRetries: 0 });
    const { execution, tasks } = await execute(String(job.name));
    expect(execution).toMatchObject({ failedCount: 1, retriedCount: 0, succeededCount: 0, runningCount: 0 });
    expect(completed(execution)).toMatchObject({
      state: 'CONDITION_FAILED',
      executionReason: 'NON_ZERO_EXIT_CODE',
      message: expect.stringMatching(/failed with message: The container exited with an error\./) as string,
    });
    expect(tasks).toMatchObject([{ index: 0, retried: 0, lastAttemptResult: { exitCode: 4 } }]);
  });

  it('retry until an attempt succeeds', async () => {
    const job = await createJob('retry', { FAIL_ATTEMPTS: '2' }, { maxRetries: 3 });
    const { execution, tasks } = await execute(String(job.name));
    expect(execution).toMatchObject({ succeededCount: 1, failedCount: 0, retriedCount: 2 });
    expect(tasks).toMatchObject([{ retried: 2, lastAttemptResult: { exitCode: 0 } }]);
  });

  it('take overrides of arguments, variables, number of tasks and timeout into the execution', async () => {
    const job = await createJob('override', { MARKER: 'job' });
    const { execution, tasks } = await execute(String(job.name), {
      taskCount: 3,
      timeout: { seconds: 77 },
      containerOverrides: [{ args: ['--one', 'two three'], env: [{ name: 'MARKER', value: 'run' }] }],
    });
    expect(execution).toMatchObject({
      taskCount: 3,
      succeededCount: 3,
      template: {
        timeout: { seconds: '77' },
        containers: [{ args: ['--one', 'two three'], env: [{ name: 'MARKER', value: 'run' }] }],
      },
    });
    expect(tasks.map((task) => task.index)).toEqual([0, 1, 2]);
    const cleared = await execute(String(job.name), { containerOverrides: [{ clearArgs: true }] });
    expect(cleared.execution.template?.containers?.[0]?.args).toEqual([]);
    const [unchanged] = await clients.jobs.getJob({ name: String(job.name) });
    expect(unchanged.template?.template?.containers?.[0]?.args).toEqual(['plain']);
  });

  it('end an attempt that takes too long', async () => {
    const job = await createJob(
      'long',
      { SLEEP_MS: '20000' },
      { maxRetries: 0, timeout: { seconds: 0, nanos: 400_000_000 } },
    ).catch(() => undefined);
    expect(job).toBeUndefined();
    const accepted = await createJob('longer', { SLEEP_MS: '20000' }, { maxRetries: 0, timeout: { seconds: 1 } });
    const { execution, tasks } = await execute(String(accepted.name));
    expect(execution.failedCount).toBe(1);
    expect(tasks[0]?.lastAttemptResult).toMatchObject({
      termSignal: 9,
      status: { message: 'The configured timeout was reached.' },
    });
  });

  it('are cancelled', async () => {
    const job = await createJob('cancelled', { SLEEP_MS: '20000' });
    const [operation] = await clients.jobs.runJob({ name: job.name });
    const { name } = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
    await untilExecution(clients, name, { runningCount: 1 });
    const [cancelling] = await clients.executions.cancelExecution({ name });
    await Promise.all([cancelling.promise(), operation.promise()]);
    const [execution] = await clients.executions.getExecution({ name });
    expect(execution).toMatchObject({ cancelledCount: 1, succeededCount: 0, failedCount: 0, runningCount: 0 });
    expect(completed(execution)).toMatchObject({ state: 'CONDITION_FAILED', executionReason: 'CANCELLED' });
    expect((await clients.jobs.getJob({ name: String(job.name) }))[0].latestCreatedExecution).toMatchObject({
      completionStatus: 'EXECUTION_CANCELLED',
    });
    await expect(clients.executions.cancelExecution({ name })).rejects.toMatchObject({ code: 9 });
  });

  it('say at once that they were run, with a new etag where a run moves it', async () => {
    await cloud.control('PUT', 'world', { name: 'described' });
    const job = await createJob('counted');
    const name = String(job.name);
    const [operation] = await clients.jobs.runJob({ name, etag: job.etag });
    const [after] = await clients.jobs.getJob({ name });
    const execution = operation.metadata as unknown as protos.google.cloud.run.v2.Execution;
    expect(after).toMatchObject({
      executionCount: 1,
      latestCreatedExecution: { name: execution.name.split('/').at(-1), completionStatus: 'EXECUTION_RUNNING' },
    });
    expect(after.etag).not.toBe(job.etag);
    await expect(clients.jobs.runJob({ name, etag: job.etag })).rejects.toMatchObject({ code: 10 });
    expect(cloud.calls().at(-1)).toMatchObject({
      method: 'google.cloud.run.v2.Jobs/RunJob',
      code: 'ABORTED',
      effect: 'none',
    });
    await expect(clients.jobs.updateJob({ job: { ...job, etag: job.etag } })).rejects.toMatchObject({ code: 10 });
    await expect(clients.jobs.deleteJob({ name, etag: job.etag })).rejects.toMatchObject({ code: 10 });
    await operation.promise();
    expect((await clients.executions.listExecutions({ parent: name }))[0]).toHaveLength(1);
  });

  it('keep their etag over a run, as recorded, and drop the token of an earlier one', async () => {
    const job = await createJob('kept');
    const name = String(job.name);
    const [start] = await clients.jobs.updateJob({ job: { ...job, startExecutionToken: 'c1' } });
    await start.promise();
    const [before] = await clients.jobs.getJob({ name });
    const [operation] = await clients.jobs.runJob({ name, etag: before.etag });
    await operation.promise();
    const [after] = await clients.jobs.getJob({ name });
    expect(after).toMatchObject({ etag: before.etag, updateTime: before.updateTime, executionCount: 2 });
    expect([before.startExecutionToken, after.startExecutionToken]).toEqual(['c1', undefined]);
    await expect(clients.jobs.updateJob({ job: { ...after, startExecutionToken: 'c1' } })).rejects.toMatchObject({
      code: 6,
      details: "Resource 'kept-c1' already exists.",
    });
  });

  it('know no tokens, or refuse them, in other worlds', async () => {
    const [ignoring, refusing] = [await createJob('ignoring'), await createJob('refusing')];
    await cloud.control('PUT', 'world', { startToken: 'ignored' });
    const [operation] = await clients.jobs.updateJob({ job: { ...ignoring, startExecutionToken: 'c1' } });
    await operation.promise();
    expect((await clients.jobs.getJob({ name: String(ignoring.name) }))[0]).toMatchObject({
      latestCreatedExecution: null,
    });
    await cloud.control('PUT', 'world', { startToken: 'refused' });
    await expect(clients.jobs.updateJob({ job: { ...refusing, startExecutionToken: 'c1' } })).rejects.toMatchObject({
      code: 3,
    });
  });

  it('start an execution by token with the update itself, once', async () => {
    const job = await createJob('token');
    const [present] = await clients.jobs.getJob({ name: String(job.name) });
    const [operation] = await clients.jobs.updateJob({ job: { ...present, startExecutionToken: 'c1a1' } });
    await operation.promise();
    const name = `${String(job.name)}/executions/token-c1a1`;
    await untilExecution(clients, name, { succeededCount: 1 });
    const [same] = await clients.jobs.getJob({ name: String(job.name) });
    expect(same).toMatchObject({ executionCount: 1, startExecutionToken: 'c1a1' });
    const [again] = await clients.jobs.updateJob({ job: same });
    await again.promise();
    const [other] = await clients.jobs.updateJob({ job: { ...same, etag: '', startExecutionToken: 'c2' } });
    await other.promise();
    expect((await clients.jobs.getJob({ name: String(job.name) }))[0].executionCount).toBe(2);
    await expect(
      clients.jobs.updateJob({ job: { ...same, etag: '', startExecutionToken: 'c1a1' } }),
    ).rejects.toMatchObject({
      code: 6,
    });
    await expect(
      clients.jobs.updateJob({ job: { ...same, etag: '', startExecutionToken: 'x'.repeat(60) } }),
    ).rejects.toMatchObject({ code: 3 });
  });

  it('run a process of the Procfile by its name, and fail where the image is gone', async () => {
    const [operation] = await clients.jobs.createJob({
      parent: cloud.parent,
      jobId: 'procfile',
      job: { template: { template: { maxRetries: 0, containers: [{ image, command: ['migrate'] }] } } },
    });
    const [job] = await operation.promise();
    expect((await execute(String(job.name))).execution.succeededCount).toBe(1);
    const gone = `us-central1-docker.pkg.dev/slipway-sandbox/test/none@sha256:${'0'.repeat(64)}`;
    const [failing] = await clients.jobs.createJob({
      parent: cloud.parent,
      jobId: 'gone',
      job: { template: { template: { containers: [{ image: gone }] } } },
    });
    await expect(failing.promise()).rejects.toMatchObject({ code: 5 });
    expect((await clients.jobs.getJob({ name: `${cloud.parent}/jobs/gone` }))[0].terminalCondition).toMatchObject({
      state: 'CONDITION_FAILED',
      reason: 'CONTAINER_MISSING',
    });
  });

  it('are not listed before the lag is over', async () => {
    const job = await createJob('lagging');
    await cloud.control('PUT', 'tune', { listLagMs: 60_000 });
    const { execution } = await execute(String(job.name));
    expect((await clients.executions.listExecutions({ parent: String(job.name) }))[0]).toEqual([]);
    await cloud.control('PUT', 'tune', { listLagMs: 0 });
    expect((await clients.executions.listExecutions({ parent: String(job.name) }))[0].map((each) => each.name)).toEqual(
      [execution.name],
    );
  });

  it('are deleted with their executions, and refused in the platform’s words when unknown', async () => {
    const job = await createJob('deleted');
    const { execution } = await execute(String(job.name));
    const [operation] = await clients.jobs.deleteJob({ name: String(job.name) });
    await operation.promise();
    await expect(clients.executions.getExecution({ name: String(execution.name) })).rejects.toMatchObject({ code: 5 });
    await expect(clients.jobs.runJob({ name: String(job.name) })).rejects.toMatchObject({
      code: 5,
      details: "Resource 'deleted' of kind 'JOB' in region 'us-central1' in project 'slipway-sandbox' does not exist.",
    });
  });
});
