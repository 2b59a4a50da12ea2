/**
 * Drops labels or annotations of the platform's own namespaces: they may be read, and are refused in writes. Platform:
 * Cloud Run Admin v2, RevisionTemplate.labels and annotations.
 */
export function withoutPlatformKeys(entries: { [key: string]: string } | null | undefined): Record<string, string> {
  const platform = /^([\w-]+\.)*(googleapis\.com|knative\.dev)\//;
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([key]) => !platform.test(key)));
}
