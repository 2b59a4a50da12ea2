import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseFence, type Marker } from '../../../contract/fence.ts';
import type { AuditEvent } from '../../sandbox/cluster-programs.ts';

/** An object as the audit log has it: without its managed fields. */
export interface LoggedObject {
  metadata?: {
    name?: string;
    resourceVersion?: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: {
    suspend?: boolean;
    containers?: { image?: string }[];
    template?: { spec?: { containers?: { image?: string }[] } };
  };
}

/** A write that the API server took, whoever made it. */
export interface Write {
  at: string;
  user: string;
  operation: 'create' | 'update' | 'patch' | 'apply' | 'delete';
  /** Such as `statefulsets/runtime`. */
  object: string;
  code: number;
  /** Who of Slipway wrote; undefined where it did not say so. */
  marker: Marker | undefined;
  /** The object after it; undefined where the log holds no content, as of Secrets and ConfigMaps. */
  after: LoggedObject | undefined;
}

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Reads what the audit log has of namespaces, oldest first, also where the server has begun another file meanwhile. */
export async function auditEventsOf(file: string, namespaces: readonly string[]): Promise<AuditEvent[]> {
  const { dir, name, ext } = path.parse(file);
  const files = (await readdir(dir)).filter((one) => one.startsWith(name) && one.endsWith(ext));
  const texts = await Promise.all(files.map((one) => readFile(path.join(dir, one), 'utf8')));
  return texts
    .flatMap((text) => text.slice(0, text.lastIndexOf('\n') + 1).split('\n'))
    .filter((line) => namespaces.some((namespace) => line.includes(`"namespace":"${namespace}"`)))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ objectRef }) => namespaces.includes(objectRef?.namespace ?? ''))
    .sort((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1));
}

/** Keeps the writes that the server took: no dry run, no refusal. */
export function writesOf(events: readonly AuditEvent[]): Write[] {
  return events.filter(isTaken).map((event) => {
    const { objectRef, responseObject, requestObject } = event;
    const answered = event.verb === 'delete' ? undefined : (responseObject as LoggedObject | undefined);
    const { resource = '', subresource } = objectRef ?? {};
    const name = objectRef?.name ?? answered?.metadata?.name ?? (requestObject as LoggedObject)?.metadata?.name ?? '';
    return {
      at: event.requestReceivedTimestamp,
      user: event.user.username,
      operation: operationOf(event),
      object: `${resource}${subresource ? `.${subresource}` : ''}/${name}`,
      code: event.responseStatus?.code ?? 0,
      marker: markerOf(event.userAgent),
      after: subresource ? undefined : answered,
    };
  });
}

function isTaken({ verb, requestURI, responseStatus }: AuditEvent): boolean {
  const code = responseStatus?.code ?? 0;
  return writing.has(verb) && code >= 200 && code < 300 && !requestURI.includes('dryRun=');
}

/** An apply says in its query whether it takes the fields of others; a patch does not. */
function operationOf({ verb, requestURI }: AuditEvent): Write['operation'] {
  if (verb === 'patch' && requestURI.includes('force=')) return 'apply';
  return verb === 'deletecollection' ? 'delete' : (verb as Write['operation']);
}

function markerOf(userAgent = ''): Marker | undefined {
  const [, change = '', step = '', attempt = '', text = ''] =
    /^slipway \(change=(\S+); step=(\S+); attempt=(\d+); fence=(\S+)\)$/.exec(userAgent) ?? [];
  const fence = parseFence(text);
  return fence && { change, step, attempt: Number(attempt), fence };
}

/** Images of the containers of a pod, or of the pods that a workload or a Job makes. */
export function imagesOf(object: LoggedObject | undefined): string[] {
  const containers = object?.spec?.template?.spec?.containers ?? object?.spec?.containers ?? [];
  return containers.map(({ image = '' }) => image);
}
