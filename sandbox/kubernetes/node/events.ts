import type { CoreV1Api, KubernetesObject, V1ObjectReference } from '@kubernetes/client-node';

export interface EventRecorder {
  /** Records an event of an object; the same one again raises its count. */
  record(object: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Platform: events go after an hour; here the recorder forgets the oldest ones. */
const rememberedEvents = 500;

/** Opens a recorder. An event that cannot be written is lost, as with a kubelet. */
export function openEventRecorder(core: CoreV1Api, component: string, host: string): EventRecorder {
  const counts = new Map<string, { name: string; count: number }>();
  let writing = Promise.resolve();
  const write = async (object: KubernetesObject, type: string, reason: string, message: string): Promise<void> => {
    const { name = '', namespace = 'default', uid = '' } = object.metadata ?? {};
    const key = [uid, reason, message].join('\n');
    const known = counts.get(key) ?? {
      name: `${name}.${Date.now().toString(16)}${counts.size.toString(16)}`,
      count: 0,
    };
    known.count += 1;
    counts.delete(key);
    counts.set(key, known);
    if (counts.size > rememberedEvents) counts.delete(counts.keys().next().value ?? '');
    const now = new Date();
    if (known.count > 1) {
      const body = [
        { op: 'replace', path: '/count', value: known.count },
        { op: 'replace', path: '/lastTimestamp', value: now },
      ];
      await core.patchNamespacedEvent({ name: known.name, namespace, body });
      return;
    }
    await core.createNamespacedEvent({
      namespace,
      body: {
        metadata: { name: known.name, namespace },
        involvedObject: reference(object),
        type,
        reason,
        message: message.slice(0, 1024),
        source: { component, host },
        reportingComponent: component,
        reportingInstance: host,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  };
  return {
    record: (object, type, reason, message) => {
      writing = writing.then(() => write(object, type, reason, message)).catch(() => undefined);
    },
  };
}

function reference(object: KubernetesObject): V1ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
  return { apiVersion: 'v1', kind: object.kind ?? 'Pod', name, namespace, uid, resourceVersion };
}
