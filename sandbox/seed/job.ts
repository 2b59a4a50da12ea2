import type { protos } from '@google-cloud/run';
import { callOptions, ifThere, readUntil } from './calls.ts';
import type { Clients, CloudAddress } from './clients.ts';
import type { SampleService } from './estate.ts';
import type { EnvironmentVariable } from './service.ts';

type Job = protos.google.cloud.run.v2.IJob;
type Execution = protos.google.cloud.run.v2.IExecution;

const settled = (job: Job): boolean => !job.reconciling && job.terminalCondition?.state === 'CONDITION_SUCCEEDED';

/** The job's program, image and environment. */
export interface MigrationJob {
  image: string;
  env: EnvironmentVariable[];
  run: NonNullable<SampleService['migration']>;
}

/**
 * Creates the migration job unless it is there. It has the platform's default of three retries, as one made by hand.
 */
const createJob = async (
  clients: Clients,
  cloud: CloudAddress,
  jobId: string,
  { image, env, run }: MigrationJob,
): Promise<string> => {
  const parent = `projects/${cloud.project}/locations/${cloud.region}`;
  const name = `${parent}/jobs/${jobId}`;
  const read = async (): Promise<Job> => (await clients.jobs.getJob({ name }, callOptions))[0];
  if ((await ifThere(read())) !== undefined) return name;
  const job: Job = { client: 'gcloud', template: { template: { containers: [{ image, env, ...run }] } } };
  await clients.jobs.createJob({ parent, jobId, job }, callOptions);
  await readUntil(`creating ${jobId}`, read, settled);
  return name;
};

const ended = (execution: Execution): boolean => {
  if ((execution.failedCount ?? 0) + (execution.cancelledCount ?? 0) > 0)
    throw new Error(`${execution.name} failed: see its log`);
  return (execution.succeededCount ?? 0) > 0;
};

const hasRun = async (clients: Clients, job: string): Promise<boolean> => {
  const [executions] = await clients.executions.listExecutions(
    { parent: job },
    { ...callOptions, autoPaginate: false },
  );
  return executions.length > 0;
};

/**
 * Creates the migration job and runs it once. A job that has run before is left alone, however its executions ended.
 */
export const migrateOnce = async (
  clients: Clients,
  cloud: CloudAddress,
  jobId: string,
  migrationJob: MigrationJob,
): Promise<void> => {
  const job = await createJob(clients, cloud, jobId, migrationJob);
  if (await hasRun(clients, job)) return;
  const [operation] = await clients.jobs.runJob({ name: job }, callOptions);
  const name = (operation.metadata as Execution | null)?.name;
  if (!name) throw new Error(`the run of ${jobId} has no name`);
  await readUntil(
    `running ${jobId}`,
    async () => (await clients.executions.getExecution({ name }, callOptions))[0],
    ended,
  );
};
