import type { Cloud } from '../core/cloud.ts';
import type { CodeName } from '../server/errors.ts';
import { RpcError } from '../server/errors.ts';
import type { Operation, StoredOperation } from '../core/operations.ts';
import { encodeAny, loadProtos } from '../server/protos.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { isDone, now } from './build-store.ts';
import type { Build, BuildRecord, BuildStatus, BuildStore } from './build-store.ts';
import { runBuild } from './run-build.ts';
import { untilServing } from './serving.ts';

export const buildProtos = loadProtos('@google-cloud/cloudbuild');

const KIND = 'build';
const BUILD = 'google.devtools.cloudbuild.v1.Build';
const METADATA = 'google.devtools.cloudbuild.v1.BuildOperationMetadata';

type Stop = 'CANCELLED' | 'TIMEOUT' | 'RESTART';

/** Drives builds from QUEUED to their end and keeps their operations in step. */
export interface Builder {
  begin(build: Build, location: string): Operation;
  cancel(record: BuildRecord): Build;
  /** Takes up the builds that were not done when the process ended. */
  resume(): void;
  stop(): void;
}

export function createBuilder(cloud: Cloud, builds: BuildStore, objects: ObjectStore): Builder {
  const running = new Map<string, AbortController>();
  const stored = cloud.store.collection<StoredOperation>('operations');

  const save = (id: string, change: Partial<Build>): Build => {
    const record = builds.get(id);
    if (record === undefined) throw new Error(`build ${id} is not in the store`);
    // A build that has ended stays as it ended, whatever a step still reports.
    if (isDone(record.build)) return record.build;
    const build = { ...record.build, ...change };
    builds.put({ ...record, build });
    cloud.operations.update(record.operation, metadataOf(build));
    return build;
  };

  const end = (id: string, status: BuildStatus, change: Partial<Build>): Build => {
    const build = save(id, { ...change, status, finishTime: now() });
    const { operation } = builds.get(id) as BuildRecord;
    if (status === 'SUCCESS') cloud.operations.complete(operation, { protos: buildProtos, type: BUILD, value: build });
    else
      cloud.operations.fail(operation, {
        code: codeOf(status),
        message: build.statusDetail || `Build ended with status ${status}`,
      });
    keepMetadata(stored, operation, build);
    return build;
  };

  const drive = async (id: string): Promise<void> => {
    const record = builds.get(id);
    if (record === undefined || isDone(record.build)) return;
    const stopping = new AbortController();
    running.set(id, stopping);
    const timeoutMs = Number(record.build.timeout?.seconds ?? '600') * 1_000 + (record.build.timeout?.nanos ?? 0) / 1e6;
    const timer = setTimeout(() => stopping.abort('TIMEOUT' satisfies Stop), timeoutMs);
    try {
      const build = save(id, { status: 'WORKING', startTime: record.build.startTime ?? now() });
      const outcome = await runBuild(build, {
        cloud,
        objects,
        location: record.location,
        signal: stopping.signal,
        save: (change) => save(id, change),
      });
      if (!stopping.signal.aborted) {
        const { status, statusDetail, failure } = outcome;
        end(id, status, {
          statusDetail,
          ...(failure !== undefined && { failureInfo: { type: failure, detail: statusDetail } }),
        });
      } else if (stopping.signal.reason === 'TIMEOUT') {
        end(id, 'TIMEOUT', { statusDetail: 'build timed out' });
      }
    } catch (error) {
      if (stopping.signal.aborted && stopping.signal.reason === 'TIMEOUT')
        end(id, 'TIMEOUT', { statusDetail: 'build timed out' });
      else if (!stopping.signal.aborted) end(id, 'INTERNAL_ERROR', { statusDetail: (error as Error).message });
    } finally {
      clearTimeout(timer);
      running.delete(id);
    }
  };

  const cancel = (record: BuildRecord): Build => {
    const { id } = record.build;
    if (isDone(record.build))
      throw new RpcError('FAILED_PRECONDITION', `Build ${id} has already ended with status ${record.build.status}.`);
    const build = end(id, 'CANCELLED', { statusDetail: 'the build was cancelled' });
    running.get(id)?.abort('CANCELLED' satisfies Stop);
    return build;
  };

  cloud.operations.onCancel(KIND, (operation) => {
    const record = builds.get(operation.target);
    if (record !== undefined && !isDone(record.build)) cancel(record);
  });

  return {
    begin: (build, location) => {
      const operation = cloud.operations.create({
        ...operationName(build, location),
        kind: KIND,
        target: build.id,
        metadata: metadataOf(build),
      });
      builds.put({ build, operation: operation.name, location });
      setTimeout(() => void drive(build.id), Math.min(200, cloud.tempo.buildMs / 10));
      return operation;
    },
    cancel,
    resume: () => {
      const left = cloud.operations.pending(KIND);
      if (left.length > 0)
        void untilServing(cloud.httpPort).then(() => Promise.all(left.map((operation) => drive(operation.target))));
    },
    stop: () => {
      for (const stopping of running.values()) stopping.abort('RESTART' satisfies Stop);
    },
  };
}

function metadataOf(build: Build): { protos: typeof buildProtos; type: string; value: object } {
  return { protos: buildProtos, type: METADATA, value: { build } };
}

/** Keeps BuildOperationMetadata in a build's operation. Platform: other operations end with their resource there. */
function keepMetadata(
  stored: { get(key: string): StoredOperation | undefined; put(key: string, value: StoredOperation): void },
  name: string,
  build: Build,
): void {
  const operation = stored.get(name);
  if (operation === undefined) return;
  const metadata = encodeAny(buildProtos, METADATA, { build });
  stored.put(name, {
    ...operation,
    metadata: { type_url: metadata.type_url, value: metadata.value.toString('base64') },
  });
}

/** Names a build's operation. Platform: a global build's is `operations/build/P/<base64 of the id>`. */
function operationName(build: Build, location: string): { name: string } | { parent: string } {
  if (location !== 'global') return { parent: `projects/${build.projectId}/locations/${location}` };
  return { name: `operations/build/${build.projectId}/${Buffer.from(build.id).toString('base64')}` };
}

function codeOf(status: BuildStatus): CodeName {
  if (status === 'CANCELLED') return 'CANCELLED';
  if (status === 'TIMEOUT') return 'DEADLINE_EXCEEDED';
  return status === 'INTERNAL_ERROR' ? 'INTERNAL' : 'UNKNOWN';
}
