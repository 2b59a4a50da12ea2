import { afterAll, beforeAll, describe } from 'vitest';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { createCloudRunTarget } from '../../activities/google/cloud-run/target.ts';
import type {
  RunJobRequest,
  ShiftRequest,
  StageRequest,
  SyncJobRequest,
  Target,
} from '../../activities/ports/target.ts';
import { digestOf, type Artifact } from '../../contract/artifact.ts';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import type { Marker } from '../../contract/fence.ts';
import type { Candidate, Snapshot } from '../../contract/live.ts';
import type { CallRecord } from '../../sandbox/cloud/server/call-log.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { addImage, createService, latest, runClients, template, type RunClients } from '../emulator/run-fixtures.ts';

/** Cloud Run does not look into it. */
const repository = { url: 'https://git.example/app.git', branch: 'main' };

export interface World {
  cloud: CloudProcess;
  /** Has the rights of a worker. */
  clients: GoogleClients;
  /** Has every right, as who makes secrets and adds versions. */
  person: GoogleClients;
  /** A person at the console. */
  hand: RunClients;
  target: Target<CloudRunEntry>;
  images: { old: string; next: string; broken: string };
  stop(): Promise<void>;
}

/** Starts an emulator. Calls are given up soon, so that a lost answer costs a test no ten seconds. */
export async function startWorld(dir: string, { callTimeoutMs = 1_000 } = {}): Promise<World> {
  const cloud = await startCloud({ dir, tempo: { operationMs: 120 } });
  const [grpc, http] = [`127.0.0.1:${cloud.grpcPort}`, `http://127.0.0.1:${cloud.httpPort}`];
  const clients = await createGoogleClients({ grpc, http, token: workerAccount, callTimeoutMs });
  const person = await createGoogleClients({ grpc });
  const images = {
    old: await addImage(cloud, 'app', '1'),
    next: await addImage(cloud, 'app', '2'),
    broken: await addImage(cloud, 'app', '3', 'exits'),
  };
  const stop = async (): Promise<void> => {
    await Promise.all([clients.close(), person.close()]);
    await cloud.stop();
  };
  return { cloud, clients, person, hand: runClients(cloud), target: createCloudRunTarget(clients), images, stop };
}

/** The platforms that the emulator can be, by name. */
const worldNames = ['recorded', 'described', 'bare'] as const;

/** Runs tests once on each platform that there may be; afterwards the emulator is the one that it was before. */
export function inEachWorld(world: () => World, tests: (name: (typeof worldNames)[number]) => void): void {
  describe.each(worldNames)('in the world %s', (name) => {
    let before: unknown;
    beforeAll(async () => {
      before = await world().cloud.control('GET', 'world');
      await world().cloud.control('PUT', 'world', { name });
    });
    afterAll(() => world().cloud.control('PUT', 'world', before));
    tests(name);
  });
}

/** One change of a target of its own, with the requests that a workflow would make. */
export class Change {
  readonly world: World;
  readonly entry: CloudRunEntry;
  readonly id: string;
  readonly number: number;
  private sequence = 0;

  constructor(world: World, entry: CloudRunEntry, id = 'c0123456789', number = 1) {
    this.world = world;
    this.entry = entry;
    this.id = id;
    this.number = number;
  }

  marker(step: string, attempt = 1): Marker {
    this.sequence += 1;
    return { change: this.id, step, attempt, fence: { number: this.number, sequence: this.sequence } };
  }

  write(step: string): { marker: Marker; progress: () => void; signal: AbortSignal; forced: [] } {
    return { marker: this.marker(step), progress: () => undefined, signal: new AbortController().signal, forced: [] };
  }

  stageRequest(image: string, snapshot: Snapshot, expected: string): StageRequest {
    return {
      ...this.write('stage'),
      expected,
      repository,
      artifact: artifactOf(image),
      snapshot,
      variables: { RELEASE: 'next' },
      secrets: {},
    };
  }

  syncRequest(image: string, revision: string, rest: Partial<SyncJobRequest> = {}): SyncJobRequest {
    return {
      ...this.write('sync-job'),
      repository,
      artifact: artifactOf(image),
      revision,
      command: ['node', 'job.js'],
      args: ['up'],
      timeoutSeconds: 60,
      variables: {},
      secrets: {},
      ...rest,
    };
  }

  runRequest(image: string, ready: RunJobRequest['ready'], rest: Partial<RunJobRequest> = {}): RunJobRequest {
    return {
      ...this.write('migrate'),
      ready,
      artifact: artifactOf(image),
      command: ['node', 'job.js'],
      args: ['up'],
      timeoutSeconds: 60,
      ...rest,
    };
  }

  shiftRequest(candidate: Candidate, snapshot: Snapshot, percent: number): ShiftRequest {
    return { ...this.write('shift'), expected: candidate.key, candidate, percent, snapshot };
  }

  /** Snapshot, stamp and stage, as the beginning of a deploy. */
  async staged(image: string): Promise<{ snapshot: Snapshot; candidate: Candidate }> {
    const { target } = this.world;
    const snapshot = await target.snapshot(this.entry);
    const { key } = await target.stamp(this.entry, { ...this.write('fence'), expected: snapshot.live.key });
    const candidate = await target.stage(this.entry, this.stageRequest(image, snapshot, key));
    return { snapshot, candidate };
  }

  /** Names the executions of the migration job, newest first, as a person sees them. */
  async executions(): Promise<string[]> {
    const [listed] = await this.world.hand.executions.listExecutions({ parent: jobNameOf(this.entry) });
    return listed.map(({ name }) => name?.split('/').at(-1) ?? '');
  }

  /** Names the steps whose calls of one method had an effect on this target, in their order. */
  stepsWith(method: string): (string | undefined)[] {
    return this.effects(method).map(({ markers }) => markers.step);
  }

  /** Calls with an effect, of one method, on this target. */
  effects(method: string): CallRecord[] {
    return this.calls(method).filter(({ effect }) => effect !== 'none');
  }

  calls(method: string): CallRecord[] {
    const own = [`/services/${this.entry.service}`, `/jobs/${this.entry.migrationJob}`];
    return this.world.cloud
      .calls()
      .filter(
        (record) =>
          record.method === `google.cloud.run.v2.${method}` && own.some((name) => record.resource.includes(name)),
      );
  }

  fault(
    method: string,
    kind: 'delay' | 'error' | 'lost' | 'hang',
    rest: { ms?: number; code?: string; nth?: number } = {},
  ): Promise<unknown> {
    return this.world.cloud.control('POST', 'faults', {
      method: `google.cloud.run.v2.${method}`,
      nth: 1,
      kind,
      ...rest,
    });
  }
}

export function artifactOf(image: string): Artifact {
  return { image, digest: digestOf(image) ?? '', commit: 'a'.repeat(40) };
}

let entries = 0;

/** A service with the old image, following the latest revision, and its migration job, both made by hand. */
export async function ownEntry(
  world: World,
  options: { service?: boolean; job?: boolean; name?: string } = {},
): Promise<CloudRunEntry> {
  const { cloud, hand, images } = world;
  entries += 1;
  const entry: CloudRunEntry = {
    kind: 'cloudRun',
    project: cloud.project,
    region: cloud.region,
    service: options.name ?? `app-${entries}`,
    migrationJob: `app-${entries}-migrate`,
  };
  if (options.service !== false)
    await createService(hand, cloud, entry.service, { template: template(images.old), traffic: [latest(100)] });
  if (options.job !== false) {
    const job = {
      template: {
        template: {
          containers: [{ image: images.old, command: ['node', 'job.js'], env: [{ name: 'KEPT', value: 'yes' }] }],
        },
      },
    };
    const [operation] = await hand.jobs.createJob({ parent: cloud.parent, jobId: entry.migrationJob ?? '', job });
    await operation.promise();
  }
  return entry;
}

export function serviceNameOf({ project, region, service }: CloudRunEntry): string {
  return `projects/${project}/locations/${region}/services/${service}`;
}

export function jobNameOf({ project, region, migrationJob }: CloudRunEntry): string {
  return `projects/${project}/locations/${region}/jobs/${migrationJob}`;
}
