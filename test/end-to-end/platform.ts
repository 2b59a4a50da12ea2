import { v2 as logging } from '@google-cloud/logging-api';
import type { protos } from '@google-cloud/run';
import { RevisionsClient, TasksClient } from '@google-cloud/run';
import type { CloudAddress, Clients } from '../../sandbox/seed/clients.ts';
import { openClients } from '../../sandbox/seed/clients.ts';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { PassThroughClient } from 'google-auth-library';
import { grpc } from 'google-gax';

type Service = protos.google.cloud.run.v2.IService;
type Job = protos.google.cloud.run.v2.IJob;
export type Execution = protos.google.cloud.run.v2.IExecution;

/** What users get and what would run next, as Google's own clients read it (invariant I2). */
export interface Served {
  url: string;
  /** Revision, image and share of whoever answers users now. */
  serving: { revision: string; image: string; percent: number }[];
  templateImage: string;
  jobImage: string;
}

/** What a deploy sets and a restore has to bring back, without names, counts and times. */
export interface Shape {
  template: unknown;
  traffic: unknown;
  job: unknown;
}

/** The platform through Google's own clients, as somebody sees it who knows nothing of Slipway. */
export class Platform {
  readonly clients: Clients;
  readonly address: CloudAddress;
  protected readonly revisions: RevisionsClient;
  private readonly tasks: TasksClient;
  protected readonly logging: logging.LoggingServiceV2Client;

  constructor(address: CloudAddress) {
    this.address = address;
    this.clients = openClients(address);
    const [apiEndpoint = '', port = ''] = String(address.grpc).split(':');
    const connection = {
      apiEndpoint,
      port: Number(port),
      projectId: address.project,
      sslCreds: grpc.credentials.createInsecure(),
      authClient: new PassThroughClient(),
    };
    this.revisions = new RevisionsClient(connection);
    this.tasks = new TasksClient(connection);
    this.logging = new logging.LoggingServiceV2Client(connection);
  }

  serviceName(service: string): string {
    return `projects/${this.address.project}/locations/${this.address.region}/services/${service}`;
  }

  jobName(job: string): string {
    return `projects/${this.address.project}/locations/${this.address.region}/jobs/${job}`;
  }

  async service(service: string): Promise<Service> {
    return (await this.clients.services.getService({ name: this.serviceName(service) }, callOptions))[0];
  }

  async job(job: string): Promise<Job> {
    return (await this.clients.jobs.getJob({ name: this.jobName(job) }, callOptions))[0];
  }

  async served(serviceId: string, jobId: string): Promise<Served> {
    const [service, job] = await Promise.all([this.service(serviceId), this.job(jobId)]);
    const shares = (service.trafficStatuses ?? []).filter(({ percent }) => (percent ?? 0) > 0);
    const latest = service.latestReadyRevision?.split('/').at(-1) ?? '';
    const serving = await Promise.all(
      shares.map(async ({ revision, percent }) => {
        const name = revision?.split('/').at(-1) || latest;
        const [found] = await this.revisions.getRevision(
          { name: `${this.serviceName(serviceId)}/revisions/${name}` },
          callOptions,
        );
        return { revision: name, image: found.containers?.[0]?.image ?? '', percent: percent ?? 0 };
      }),
    );
    return {
      url: service.uri ?? '',
      serving,
      templateImage: imageOf(service.template),
      jobImage: imageOf(job.template?.template),
    };
  }

  async shape(serviceId: string, jobId: string): Promise<Shape> {
    const [service, job] = await Promise.all([this.service(serviceId), this.job(jobId)]);
    const { containers, scaling } = service.template ?? {};
    const { containers: programs, maxRetries } = job.template?.template ?? {};
    const traffic = (service.traffic ?? []).map(({ type, revision, percent, tag }) => ({
      type,
      revision: revision ?? '',
      percent,
      tag: tag ?? '',
    }));
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
    return {
      template: plain({
        containers: containers?.map(({ image, env, command, args }) => ({ image, env, command, args })),
        scaling,
      }),
      traffic,
      job: plain({ maxRetries, containers: programs?.map(({ image, command, args }) => ({ image, command, args })) }),
    };
  }

  async executions(jobId: string): Promise<Execution[]> {
    return (
      await this.clients.executions.listExecutions(
        { parent: this.jobName(jobId) },
        { ...callOptions, autoPaginate: false },
      )
    )[0];
  }

  /** How often the platform started the tasks of an execution. */
  async taskAttempts(execution: Execution): Promise<number> {
    const [tasks] = await this.tasks.listTasks(
      { parent: execution.name ?? '' },
      { ...callOptions, autoPaginate: false },
    );
    return tasks.reduce((sum, { retried }) => sum + 1 + (retried ?? 0), 0);
  }

  /** What a client of the service knows. */
  async secret(secretId: string): Promise<string> {
    const [{ payload }] = await this.clients.secrets.accessSecretVersion(
      { name: `projects/${this.address.project}/secrets/${secretId}/versions/latest` },
      callOptions,
    );
    return Buffer.from(payload?.data ?? '')
      .toString('utf8')
      .trim();
  }

  /** Requests that a revision answered, by the user agent that made them. */
  async requestsOf(revision: string): Promise<string[]> {
    const filter =
      `resource.type="cloud_run_revision" AND resource.labels.revision_name="${revision}" AND ` +
      'log_id("run.googleapis.com/requests")';
    const [entries] = await this.logging.listLogEntries(
      { resourceNames: [`projects/${this.address.project}`], filter, pageSize: 1000 },
      { ...callOptions, autoPaginate: false },
    );
    return entries.map(({ httpRequest }) => httpRequest?.userAgent ?? '');
  }

  async revisionNames(serviceId: string): Promise<string[]> {
    const [revisions] = await this.revisions.listRevisions(
      { parent: this.serviceName(serviceId) },
      { ...callOptions, autoPaginate: false },
    );
    return revisions.map(({ name }) => name?.split('/').at(-1) ?? '');
  }

  /** What a service has written so far, as JSON. */
  async logTexts(service: string): Promise<string[]> {
    const [entries] = await this.logging.listLogEntries(
      {
        resourceNames: [`projects/${this.address.project}`],
        filter: `resource.labels.service_name="${service}" AND timestamp>="2020-01-01T00:00:00Z"`,
        pageSize: 1000,
      },
      { autoPaginate: false },
    );
    return entries.map((entry) => JSON.stringify(entry));
  }

  async close(): Promise<void> {
    await Promise.all([this.clients.close(), this.revisions.close(), this.tasks.close(), this.logging.close()]);
  }
}

function imageOf(template: { containers?: { image?: string | null }[] | null } | null | undefined): string {
  return template?.containers?.[0]?.image ?? '';
}
