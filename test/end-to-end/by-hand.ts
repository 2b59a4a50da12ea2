import { callOptions } from '../../sandbox/seed/calls.ts';
import { Platform } from './platform.ts';

/**
 * A person's own tool keeps the annotations that it finds, and so a call by hand would be taken for one of ours; it
 * says in its headers that it is not.
 */
const byHand = {
  ...callOptions,
  otherArgs: { headers: { 'x-slipway-change': 'nobody', 'x-slipway-step': 'by-hand' } },
};

/** The platform with what people, and the platform itself, do to it by hand: nothing of it is Slipway's. */
export class PlatformByHand extends Platform {
  /** Somebody gives the migration job an image by hand. */
  async setJobImage(jobId: string, image: string): Promise<void> {
    const job = await this.job(jobId);
    const container = job.template?.template?.containers?.[0];
    if (container) container.image = image;
    const [operation] = await this.clients.jobs.updateJob({ job: { ...job, etag: '' } }, byHand);
    await operation.promise();
  }

  /** Somebody deploys an image by hand, as the old script did: all traffic to the latest revision. */
  async deployByHand(serviceId: string, image: string, variables: Record<string, string>): Promise<void> {
    const service = await this.service(serviceId);
    const container = service.template?.containers?.[0];
    if (!container) throw new Error(`${serviceId} has no container`);
    container.image = image;
    const others = (container.env ?? []).filter(({ name }) => variables[name ?? ''] === undefined);
    container.env = [...others, ...Object.entries(variables).map(([name, value]) => ({ name, value }))];
    const template = { ...service.template, revision: '' };
    const [operation] = await this.clients.services.updateService(
      { service: { ...service, template, etag: '' }, updateMask: { paths: ['template'] } },
      byHand,
    );
    await operation.promise();
  }

  /** Somebody adds a container without a port beside the one that serves. */
  async addSidecar(serviceId: string, image: string): Promise<void> {
    const service = await this.service(serviceId);
    const containers = [...(service.template?.containers ?? []), { name: 'proxy', image }];
    const template = { ...service.template, revision: '', containers };
    const [operation] = await this.clients.services.updateService(
      { service: { ...service, template, etag: '' }, updateMask: { paths: ['template'] } },
      byHand,
    );
    await operation.promise();
  }

  /** Somebody runs the job as it is, and waits for its end however it ends. */
  async runJobByHand(jobId: string): Promise<void> {
    const [operation] = await this.clients.jobs.runJob({ name: this.jobName(jobId) }, byHand);
    await operation.promise();
  }

  /** As the platform, or a person, removes revisions that nobody uses. */
  async deleteRevision(serviceId: string, revision: string): Promise<void> {
    const [operation] = await this.revisions.deleteRevision(
      { name: `${this.serviceName(serviceId)}/revisions/${revision}` },
      byHand,
    );
    await operation.promise();
  }

  /** The registry's clean-up: the image, and the tags that name it. */
  async deleteImage(image: string): Promise<void> {
    const { version } = versionOf(image);
    const [operation] = await this.clients.artifacts.deleteVersion({ name: version, force: true }, callOptions);
    await operation.promise();
  }

  /** Somebody points a tag at an image; answers the image by that tag. */
  async pointTag(tagId: string, image: string): Promise<string> {
    const { parent, version, repository } = versionOf(image);
    const tag = { name: `${parent}/tags/${tagId}`, version };
    const moved = { tag, updateMask: { paths: ['version'] } };
    await this.clients.artifacts
      .updateTag(moved, callOptions)
      .catch(() => this.clients.artifacts.createTag({ parent, tagId, tag }, callOptions));
    return `${repository}:${tagId}`;
  }

  /** Somebody pins the traffic to a revision, so that it does not follow the latest. */
  async pin(serviceId: string, revision: string): Promise<void> {
    const service = await this.service(serviceId);
    const traffic = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const, revision, percent: 100 }];
    const [operation] = await this.clients.services.updateService(
      { service: { ...service, traffic, etag: '' }, updateMask: { paths: ['traffic'] } },
      byHand,
    );
    await operation.promise();
  }

  /** Somebody adds a version to a secret. */
  async addVersion(secret: string, value: string): Promise<void> {
    const parent = `projects/${this.address.project}/secrets/${secret}`;
    await this.clients.secrets.addSecretVersion({ parent, payload: { data: Buffer.from(value) } }, byHand);
  }

  /** The number of the newest version of a secret. */
  async newestVersion(secret: string): Promise<string> {
    const name = `projects/${this.address.project}/secrets/${secret}/versions/latest`;
    const [version] = await this.clients.secrets.getSecretVersion({ name }, callOptions);
    return version.name?.split('/').at(-1) ?? '';
  }

  async deleteService(serviceId: string): Promise<void> {
    await this.clients.services.deleteService({ name: this.serviceName(serviceId) }, byHand);
  }

  /** An entry as a revision of a service leaves it. */
  async writeServiceLog(serviceId: string, revision: string, text: string): Promise<void> {
    const { project, region } = this.address;
    const resource = {
      type: 'cloud_run_revision',
      labels: { project_id: project, location: region, service_name: serviceId, revision_name: revision },
    };
    const at = Date.now();
    const timestamp = { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1e6 };
    const entry = { resource, timestamp, severity: 'ERROR' as const, textPayload: text };
    await this.logging.writeLogEntries(
      { logName: `projects/${project}/logs/run.googleapis.com%2Fstderr`, entries: [entry] },
      callOptions,
    );
  }

  /** An entry as an execution of a job leaves it; the platform takes what anybody with the permission writes. */
  async writeJobLog(jobId: string, execution: string, text: string, timestamp: Date): Promise<void> {
    const { project, region } = this.address;
    const resource = { type: 'cloud_run_job', labels: { project_id: project, location: region, job_name: jobId } };
    const seconds = Math.floor(timestamp.getTime() / 1000);
    const entry = {
      resource,
      timestamp: { seconds },
      severity: 'ERROR' as const,
      textPayload: text,
      labels: { 'run.googleapis.com/execution_name': execution },
    };
    await this.logging.writeLogEntries(
      { logName: `projects/${project}/logs/run.googleapis.com%2Fstderr`, entries: [entry] },
      callOptions,
    );
  }
}

/** Names an image as the registry's API does. */
function versionOf(image: string): { parent: string; version: string; repository: string } {
  const match = /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+)\/([^/]+)\/([^@]+)@(sha256:.+)$/.exec(image);
  const [, location = '', project = '', repository = '', name = '', digest = ''] = match ?? [];
  const packages = `projects/${project}/locations/${location}/repositories/${repository}/packages`;
  const parent = `${packages}/${encodeURIComponent(name)}`;
  return { parent, version: `${parent}/versions/${digest}`, repository: image.split('@')[0] ?? '' };
}
