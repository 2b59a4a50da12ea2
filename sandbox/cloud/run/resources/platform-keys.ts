import type { Violations } from './validation.ts';

type Keys = Record<string, string>;

/**
 * The platform's own namespaces of labels and annotations. Platform: Cloud Run Admin v2, Service.annotations ("will be
 * rejected in new resources").
 */
const namespaces =
  /^(run\.googleapis\.com|cloud\.googleapis\.com|serving\.knative\.dev|autoscaling\.knative\.dev|client\.knative\.dev)\//;

/** Platform: Cloud Resource Manager, "Requirements for labels". */
const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** Platform: Kubernetes, "Annotations", syntax: a prefix that is a DNS subdomain, a slash, and a name. */
const annotationKey =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/** Refuses annotations of the system, and keys that are none. */
export function checkAnnotations(violations: Violations, field: string, annotations: Keys): void {
  for (const key of Object.keys(annotations)) {
    const at = `${field}[${key}]`;
    if (namespaces.test(key)) violations.add(at, 'system annotations are not supported in Cloud Run API v2.');
    else
      violations.check(annotationKey.test(key), at, 'annotation keys must be qualified names, such as example.com/key');
  }
}

/** Refuses labels of the system, and what is no label. */
export function checkLabels(violations: Violations, field: string, labels: Keys): void {
  for (const [key, value] of Object.entries(labels)) {
    const at = `${field}[${key}]`;
    if (namespaces.test(key)) violations.add(at, 'system labels are not supported in Cloud Run API v2.');
    else
      violations.check(
        labelKey.test(key) && labelValue.test(value),
        at,
        'only lowercase letters, numbers, dashes and underscores; keys begin with a letter; at most 63 characters',
      );
  }
}

/** Adds keys that the platform and its own clients leave. They are read by everybody, and refused in writes. */
export function withPlatformKeys(keys: Keys): Keys {
  return { ...keys, 'client.knative.dev/nonce': 'gyhcvbfwel', 'run.googleapis.com/startupProbeType': 'Default' };
}
