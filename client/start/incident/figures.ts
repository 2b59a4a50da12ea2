import type { Colors } from '../../cli/output.ts';
import type { IncidentReport } from '../../report/incident-report.ts';
import type { KeyTime } from '../../report/key-times.ts';
import { spanText } from '../../view/time.ts';

/** Seconds since the alert fires, as Prometheus says it; null for what it has not come to. */
export type Figures = Record<Exclude<KeyTime['name'], 'began'> | 'evidence', number | null>;

const titles = {
  opened: 'alert → incident',
  evidence: 'alert → evidence complete',
  acknowledged: 'alert → acknowledged',
  mitigated: 'alert → mitigated',
  resolved: 'alert → resolved',
} as const satisfies Record<keyof Figures, string>;
const order = Object.keys(titles) as (keyof Figures)[];

/** Computes the figures of an incident; `triagedAt` is the end of its first triage. */
export function figuresOf({ times, status: { onset } }: IncidentReport, triagedAt: string | null): Figures {
  const evidenceMs = triagedAt === null ? null : Date.parse(triagedAt) - Date.parse(onset);
  const msOf = (name: keyof Figures): number | null =>
    name === 'evidence' ? evidenceMs : (times.find((time) => time.name === name)?.afterOnsetMs ?? null);
  const entries = order.map((name) => [name, msOf(name)] as const);
  return Object.fromEntries(entries.map(([name, ms]) => [name, ms === null ? null : ms / 1_000])) as Figures;
}

/** Shows the figures, one in a line. */
export function figureLines(figures: Figures, colors: Colors): string[] {
  return order.map((name) => {
    const seconds = figures[name];
    return `  ${colors.dim(titles[name].padEnd(27))} ${seconds === null ? 'not reached' : spanText(seconds * 1_000)}`;
  });
}
