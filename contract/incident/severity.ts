/** Severities of an incident, the gravest first (runbook 004, incident severity guide). */
export const severities = ['SEV-1', 'SEV-2', 'SEV-3'] as const;
export type Severity = (typeof severities)[number];

/** Says whether an incident of this severity keeps others from releasing in its environment. */
export function freezesEnvironment(severity: Severity): boolean {
  return severity !== 'SEV-3';
}

/** Reads the severity of an alert's label, such as `sev1` or `SEV-1`; null for anything else. */
export function severityOf(label: string | undefined): Severity | null {
  const digit = /^sev-?([123])$/i.exec(label ?? '')?.[1];
  return severities.find((one) => one.endsWith(`-${digit ?? ''}`)) ?? null;
}
