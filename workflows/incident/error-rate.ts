import { errorRateLook } from '../../contract/incident/look.ts';
import { investigating } from '../run/activities.ts';
import { isExpected } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import type { Incident } from './incident-run.ts';

/** Minutes before the onset that are read, too: what was usual. */
const minutesBefore = 15;

/**
 * Reads the error rate from before the onset until now, where the catalog says how (`incidents.errorRate`): the report
 * draws it. Without an answer the earlier one stays.
 */
export async function lookAtErrorRate({ entry, rules, run }: Incident): Promise<void> {
  const { status } = run.record;
  const { errorRate: query } = rules;
  if (query === undefined) return;
  const since = new Date(Date.parse(status.onset) - minutesBefore * 60_000).toISOString();
  const look = { kind: 'series', name: errorRateLook, query } as const;
  const request = { entry, look, incident: run.id, since, until: now() };
  try {
    const found = await investigating('read the error rate').investigate(request);
    const earlier = status.evidence.find(({ name }) => name === errorRateLook);
    if (earlier?.points && !found.points) return;
    status.evidence = [...status.evidence.filter((one) => one !== earlier), found];
  } catch (error) {
    if (!isExpected(error)) throw error;
    run.record.note('the error rate could not be read');
  }
}
