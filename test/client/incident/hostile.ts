import type { IncidentStatus } from '../../../contract/incident/status.ts';
import type { RunReport } from '../../../client/api/run-report.ts';

/** What somebody may write to whom a report is shown: markup of both kinds, escape sequences, a turned direction. */
export const hostileText =
  `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`|**_[x](javascript:alert(1))_** # ` +
  `<!-- &lt; ${'x'.repeat(120)} \u202e\u001b[31m`;

/** Puts that text wherever a run has text; only what the code itself chooses from stays. */
export function hostile(run: RunReport & IncidentStatus): RunReport & IncidentStatus {
  const own = ['category', 'execution', 'points'];
  const replaced = JSON.stringify(run, (key, value: unknown) => {
    if (own.includes(key)) return value;
    return typeof value === 'string' ? hostileText : value;
  });
  return JSON.parse(replaced) as RunReport & IncidentStatus;
}
