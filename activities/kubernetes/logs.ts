import { text as readText } from 'node:stream/consumers';
import { RE2JS } from 're2js';
import type { KubernetesEntry } from '../../contract/catalog/targets/kubernetes.ts';
import { parseJson } from '../json.ts';
import { finalFailure } from '../failure.ts';
import { logFields } from '../log-fields.ts';
import type { LogEntry, Logs } from '../ports/platform.ts';
import type { ExecutionLog, ExecutionLogQuery } from '../ports/target.ts';
import { openStream } from './call.ts';
import type { KubernetesClients } from './client.ts';
import { classified, orUndefined } from './failure.ts';
import { isRecord } from './manifests/manifest.ts';
import { listPods, listRevisions, ownPods, revisionOfPod, type PodObject } from './revisions.ts';
import { findWorkload, readContext, type ReadContext } from './session.ts';
import type { WorkloadObject } from './workload.ts';

/** Of one container; a bake looks at some minutes. */
const maxBytes = 4_000_000;
const readWithinMs = 20_000;

/**
 * Reads the logs of the workload's pods from the API server. The filter is a regular expression (RE2) on the whole
 * line, as `kubectl logs | rg` takes it (runbook 001, section 4).
 */
export function createPodLogs(clients: KubernetesClients): Logs<KubernetesEntry> {
  return {
    read: (target, { filter, since, until, oldestFirst = false }, limit) =>
      classified(async () => {
        const { pattern, problem } = compiled(filter);
        if (!pattern) throw finalFailure('BadRequest', problem);
        const context = readContext(clients, target);
        const workload = await findWorkload(context);
        if (!workload) return [];
        const pods = await podsOf(context, workload);
        const read = async (pod: PodObject): Promise<LogEntry[]> => {
          const revision = revisionOfPod(pod, workload);
          return (await readPodLog(context, pod, since)).map((entry) => ({ ...entry, revision }));
        };
        const entries = (await Promise.all(pods.map(read))).flat();
        return entries
          .filter(({ text: line, timestamp }) => pattern.matcher(line).find() && (until === null || timestamp < until))
          .sort((a, b) => (a.timestamp < b.timestamp === oldestFirst ? -1 : 1))
          .slice(0, limit);
      }),
    refusalOf: async (_target, filter) => compiled(filter).problem ?? null,
  };
}

function compiled(filter: string): { pattern: RE2JS; problem?: never } | { pattern?: never; problem: string } {
  try {
    return { pattern: RE2JS.compile(filter) };
  } catch (error) {
    return { problem: `the filter is no regular expression (RE2): ${(error as Error).message}` };
  }
}

async function podsOf(context: ReadContext, workload: WorkloadObject): Promise<PodObject[]> {
  const [pods, revisions] = await Promise.all([listPods(context, workload), listRevisions(context, workload)]);
  return ownPods(pods, workload, revisions);
}

/** Reads the log of one Job's pods, and nobody else's. */
export async function readJobLog(context: ReadContext, { execution, since }: ExecutionLogQuery): Promise<ExecutionLog> {
  const { objects, target } = context;
  const labels = `batch.kubernetes.io/job-name=${execution.split('/').at(-1) ?? execution}`;
  const pods = (await objects.list({ apiVersion: 'v1', kind: 'Pod' }, target.namespace, labels)) as PodObject[];
  const entries = (await Promise.all(pods.map((pod) => readPodLog(context, pod, since)))).flat();
  return {
    lines: entries.map(({ text: line }) => line),
    isComplete: pods.length > 0 && pods.every(({ status }) => ['Succeeded', 'Failed'].includes(status?.phase ?? '')),
  };
}

async function readPodLog({ caller, target }: ReadContext, pod: PodObject, since: string): Promise<LogEntry[]> {
  const { name } = pod.metadata;
  const containers = pod.status?.containerStatuses ?? [];
  const logs = await Promise.all(
    containers.map(async ({ name: container, restartCount = 0 }) => {
      const previous = restartCount > 0 ? await read(container, true) : [];
      return [...previous, ...(await read(container, false))];
    }),
  );
  return logs.flat();

  async function read(container: string, previous: boolean): Promise<LogEntry[]> {
    const query = new URLSearchParams({
      container,
      sinceTime: since,
      timestamps: 'true',
      limitBytes: String(maxBytes),
      ...(previous && { previous: 'true' }),
    });
    const path = `/api/v1/namespaces/${target.namespace}/pods/${name}/log?${query.toString()}`;
    const limited = { ...caller, signal: AbortSignal.timeout(readWithinMs) };
    // A pod that has gone since it was listed is one that a list a moment later would not have had.
    const stream = await orUndefined(openStream(limited, `read the log of pod ${name}`, path));
    const body = stream ? await readText(stream) : '';
    return body
      .split('\n')
      .filter(Boolean)
      .map((line, index) => entryOf(line, `${name}/${container}/${index}`));
  }
}

function entryOf(line: string, insertId: string): LogEntry {
  const at = line.indexOf(' ');
  const text = line.slice(at + 1);
  const structure = structureOf(text);
  return {
    timestamp: line.slice(0, at),
    severity: typeof structure['severity'] === 'string' ? structure['severity'] : '',
    text,
    fields: logFields(structure),
    insertId,
    revision: '',
  };
}

/** Parses a structured line; a plain one has no fields. */
function structureOf(line: string): Record<string, unknown> {
  const parsed = line.startsWith('{') ? parseJson(line) : undefined;
  return isRecord(parsed) ? parsed : {};
}
