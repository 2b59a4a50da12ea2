import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { protos } from '@google-cloud/run';
import { parse, stringify } from 'yaml';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { environmentOf } from '../../sandbox/seed/service.ts';
import type { CatalogText, Place } from './estate.ts';
import { developer, type Run } from './runs.ts';
import type { TestSandbox } from './sandbox.ts';

type Container = protos.google.cloud.run.v2.IContainer;

const shipped = path.join(import.meta.dirname, '..', '..', 'catalog', 'oneiric.yaml');
let opened = 0;

export interface OneiricOptions {
  /** Changes of the catalog's environment. */
  place?: (place: Place & { target: CloudRunEntry }, service: Oneiric) => void;
  /** Fields of the build in place of the catalog's. */
  build?: { image?: string; environment?: Record<string, string> };
  /** Fields of the container that somebody has made by hand. */
  container?: Container;
}

/**
 * One more service made of the sample `oneiric`, with secrets and a catalog file of its own: it serves the baseline,
 * deployed by hand. So situations share a sandbox and not their state.
 */
export class Oneiric {
  readonly name = `oneiric-${(opened += 1)}`;
  /** The secret that what serves reads. */
  readonly secret = `${this.name}-api-key`;
  /** A secret that nothing reads yet. */
  readonly furtherSecret = `${this.name}-signing-key`;
  private readonly sandbox: TestSandbox;

  private constructor(sandbox: TestSandbox) {
    this.sandbox = sandbox;
  }

  /** Opens it in a sandbox that has the sample. */
  static async open(sandbox: TestSandbox, options: OneiricOptions = {}): Promise<Oneiric> {
    const service = new Oneiric(sandbox);
    await Promise.all([service.secret, service.furtherSecret].map((secret) => service.createSecret(secret)));
    await Promise.all([service.serve(options), service.describe(options)]);
    return service;
  }

  /** Starts to deploy a commit of the sample. */
  async deploy(scenario: string): Promise<Run> {
    const commit = this.sandbox.commitOf('oneiric', scenario);
    const input = { service: this.name, environment: 'production', commit, requestedBy: developer };
    return this.sandbox.runs.start('deploy', input);
  }

  /** Somebody deletes the secret that nothing reads yet. */
  async deleteFurtherSecret(): Promise<void> {
    const { clients, address } = this.sandbox.platform;
    const name = `projects/${address.project}/secrets/${this.furtherSecret}`;
    await clients.secrets.deleteSecret({ name }, callOptions);
  }

  private async createSecret(secretId: string): Promise<void> {
    const { clients, address } = this.sandbox.platform;
    const parent = `projects/${address.project}`;
    const secret = { replication: { automatic: {} } };
    await clients.secrets.createSecret({ parent, secretId, secret }, callOptions);
    const payload = { data: Buffer.from('a key that nobody else knows') };
    await clients.secrets.addSecretVersion({ parent: `${parent}/secrets/${secretId}`, payload }, callOptions);
  }

  private async serve({ container }: OneiricOptions): Promise<void> {
    const { clients, address } = this.sandbox.platform;
    const { image } = (await this.sandbox.platform.service('oneiric')).template?.containers?.[0] ?? {};
    const env = environmentOf({}, { ONEIRIC_API_KEY: this.secret });
    const template = { containers: [{ image, env, ports: [{ containerPort: 8080 }], ...container }] };
    const parent = `projects/${address.project}/locations/${address.region}`;
    const request = { parent, serviceId: this.name, service: { template } };
    const [operation] = await clients.services.createService(request, callOptions);
    await operation.promise();
  }

  /** The catalog's own file for this service, with short waits, and without the programs of evidence. */
  private async describe({ place: change, build }: OneiricOptions): Promise<void> {
    const file = parse(await readFile(shipped, 'utf8'), { merge: true }) as CatalogText;
    const place = file.environments['production'];
    if (place?.target.kind !== 'cloudRun') throw new TypeError('oneiric does not run on Cloud Run');
    const { evidence: _evidence, ...rest } = place;
    const { evidenceJob: _evidenceJob, ...target } = place.target;
    const own = {
      ...rest,
      target: { ...target, service: this.name },
      secrets: { ONEIRIC_API_KEY: { secret: this.secret } },
      logs: [{ name: 'errors', filter: `resource.labels.service_name="${this.name}" AND severity>=ERROR`, limit: 50 }],
      bake: { seconds: 2, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 },
    };
    change?.(own, this);
    Object.assign(file.build ?? {}, build);
    const text = stringify({ ...file, service: this.name, environments: { production: own } });
    await writeFile(path.join(this.sandbox.catalogFolder, `${this.name}.yaml`), text);
  }
}
