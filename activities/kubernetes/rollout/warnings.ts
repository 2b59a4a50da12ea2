import { oneLine } from '../../one-line.ts';
import { send, type Caller } from '../call.ts';

/**
 * Events that say what a pod's own status does not. Platform: controllers, `FailedCreate`; kubelet, `Killing`, which is
 * also said of every other end of a container.
 */
const telling = [
  { type: 'Warning', reason: 'FailedCreate', message: /./ },
  { type: 'Normal', reason: 'Killing', message: /failed \w+ probe/ },
] as const;
const maxEvents = 200;
const maxLength = 300;

interface EventObject {
  message?: string;
  involvedObject: { name?: string };
  lastTimestamp?: string | null;
  eventTime?: string | null;
}

export interface WarningQuestion {
  namespace: string;
  /** Names of the objects that the roll-out is about: the workload, its revisions, its pods. */
  names: readonly string[];
  /** When it began, in milliseconds. */
  sinceMs: number;
}

/**
 * Finds what the cluster says last of pods that it may not make, and of containers that it ends because of a probe.
 * Answers nothing if nobody may read it, since it only explains what has failed anyway.
 */
export async function findWarnings(caller: Caller, question: WarningQuestion): Promise<string[]> {
  const found = await Promise.all(telling.map((event) => newestOf(caller, question, event).catch(() => undefined)));
  return found.flatMap((message) => (message === undefined ? [] : [oneLine(message).slice(0, maxLength)]));
}

async function newestOf(
  caller: Caller,
  { namespace, names, sinceMs }: WarningQuestion,
  { type, reason, message: told }: (typeof telling)[number],
): Promise<string | undefined> {
  const query = { fieldSelector: `type=${type},reason=${reason}`, limit: String(maxEvents) };
  const path = `/api/v1/namespaces/${namespace}/events`;
  const { items } = await send<{ items: EventObject[] }>(caller, 'list events', { method: 'GET', path, query });
  return items
    .filter((event) => names.includes(event.involvedObject.name ?? '') && timeOf(event) >= sinceMs)
    .filter(({ message = '' }) => told.test(message))
    .toSorted((one, other) => timeOf(other) - timeOf(one))[0]?.message;
}

/** Times of events are whole seconds. */
function timeOf({ lastTimestamp, eventTime }: EventObject): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') + 999;
}
