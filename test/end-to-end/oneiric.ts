import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { protos } from '@google-cloud/run';
import { parse, stringify } from 'yaml';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { environmentOf } from '../../sandbox/seed/service.ts';
import type { CatalogText, Place } from './estate.ts';
import { developer, type Run } from './runs.ts';
import type { TestSandbox } from './sandbox.ts';

type Container = protos.google.cloud.run.v2.IContainer;

const shipped = path.join(import.meta.dirname, '..', '..', 'catalog', 'oneiric.yaml');

export interface OneiricOptions {
  /** Changes of the catalog's file. */
  catalog?: (file: CatalogText, place: Place) => void;
  /** Fields of the container that somebody has made by hand. */
  container?: Container;
}

/**
 * One more service made of the sample `oneiric`, with a secret and a catalog file of its own: it serves the baseline,
 * deployed by hand.
 */
export class Oneiric {
  readonly name: string;
  readonly secret: string;
  private readonly sandbox: TestSandbox;

  private constructor(sandbox: TestSandbox, name: string) {
    this.sandbox = sandbox;
    this.name = name;
    this.secret = `${name}-api-key`;
  }

  /** Opens it in a sandbox that has the sample. The name is short. */
  static async open(sandbox: TestSandbox, name: string, options: OneiricOptions = {}): Promise<Oneiric> {
    const opened = new Oneiric(sandbox, name);
    await Promise.all([opened.createSecret().then(() => opened.serve(options)), opened.describe(options)]);
    return opened;
  }

  /** Starts to deploy a commit of the sample. */
  async deploy(scenario: string): Promise<Run> {
    const commit = this.sandbox.commitOf('oneiric', scenario);
    const input = { service: this.name, environment: 'production', commit, requestedBy: developer };
    return this.sandbox.runs.start('deploy', input);
  }

  /** Deletes its secret, as a person does. */
  async deleteSecret(): Promise<void> {
    const { clients, address } = this.sandbox.platform;
    await clients.secrets.deleteSecret({ name: `projects/${address.project}/secrets/${this.secret}` }, callOptions);
  }

  private async createSecret(): Promise<void> {
    const { clients, address } = this.sandbox.platform;
    const parent = `projects/${address.project}`;
    const secret = { replication: { automatic: {} } };
    await clients.secrets.createSecret({ parent, secretId: this.secret, secret }, callOptions);
    const payload = { data: Buffer.from('a key that nobody else knows') };
    await clients.secrets.addSecretVersion({ parent: `${parent}/secrets/${this.secret}`, payload }, callOptions);
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

  private async describe({ catalog }: OneiricOptions): Promise<void> {
    const file = parse(await readFile(shipped, 'utf8'), { merge: true }) as CatalogText;
    const place = file.environments['production'];
    if (place?.target.kind !== 'cloudRun') throw new TypeError('oneiric does not run on Cloud Run');
    file.service = this.name;
    place.target.service = this.name;
    place.target.evidenceJob = `${this.name}-evidence`;
    place.secrets = { ONEIRIC_API_KEY: { secret: this.secret } };
    delete place.evidence;
    delete place.logs;
    catalog?.(file, place);
    const text = stringify(file, { aliasDuplicateObjects: false });
    await writeFile(path.join(this.sandbox.catalogFolder, `${this.name}.yaml`), text);
  }
}
