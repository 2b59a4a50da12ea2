import type { Markers } from './call-log.ts';

const names = ['change', 'step', 'attempt', 'fence'] as const;

/** Reads one metadata value or header. */
export type MetadataReader = (name: string) => string | undefined;

/**
 * Reads who caused a call. `x-slipway-*` metadata or headers come first, then `slipway.dev/*` annotations of the
 * resource in the request, then `SLIPWAY_*` variables among a run's overrides.
 */
export function readMarkers(metadata: MetadataReader, request: unknown): Markers {
  const annotations = findAnnotations(request);
  const overrides = findOverrides(request);
  const markers: Markers = {};
  for (const name of names) {
    const value =
      metadata(`x-slipway-${name}`) ?? annotations[`slipway.dev/${name}`] ?? overrides[`SLIPWAY_${name.toUpperCase()}`];
    if (value) markers[name] = value;
  }
  return markers;
}

interface Annotated {
  annotations?: Record<string, string> | null;
}

interface MarkedRequest {
  service?: Annotated | null;
  job?: Annotated | null;
  overrides?: { containerOverrides?: { env?: { name: string; value?: string }[] }[] } | null;
}

function findAnnotations(request: unknown): Record<string, string> {
  const { service, job } = (request ?? {}) as MarkedRequest;
  return service?.annotations ?? job?.annotations ?? {};
}

function findOverrides(request: unknown): Record<string, string> {
  const containers = ((request ?? {}) as MarkedRequest).overrides?.containerOverrides ?? [];
  const variables = containers.flatMap((container) => container.env ?? []);
  return Object.fromEntries(variables.map((variable) => [variable.name, variable.value ?? '']));
}

interface NamedRequest {
  name?: string;
  parent?: string;
  service?: { name?: string } | null;
  job?: { name?: string } | null;
}

/** Names the resource that a request is about, until its handler names it more exactly. */
export function requestedResource(request: unknown): string {
  const { name, service, job, parent } = (request ?? {}) as NamedRequest;
  return name || service?.name || job?.name || parent || '';
}
