import type { KubernetesObject } from '@kubernetes/client-node';

const prefix = 'sandbox.slipway.dev';

/** Annotations that make a failure happen, or that tell where something is. */
export const annotations = {
  /** Of a pod: its readiness probes fail. `true`, or names of pods where a template is shared. */
  neverReady: `${prefix}/never-ready`,
  /** Of a pod: no node takes it; the value is the scheduler's message. */
  unschedulable: `${prefix}/unschedulable`,
  /** Of a pod: its images cannot be pulled; the value is the registry's message. */
  pullError: `${prefix}/pull-error`,
  /** Of the Node: it is cut off. It renews no lease, writes no status and ends no pod. */
  lost: `${prefix}/lost`,
} as const;

/** Reads an annotation; undefined where there is none. */
export function annotation(object: KubernetesObject, name: keyof typeof annotations): string | undefined {
  return object.metadata?.annotations?.[annotations[name]];
}

/** Tells whether a switch is on: by `true`, or by the object's name in a list with commas. */
export function isSwitchedOn(object: KubernetesObject, name: keyof typeof annotations): boolean {
  const value = annotation(object, name);
  if (value === undefined) return false;
  return value === 'true' || value.split(',').some((each) => each.trim() === object.metadata?.name);
}
