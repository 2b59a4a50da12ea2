import { workloadOf } from '../../contract/catalog/targets/index.ts';
import type { Look } from '../../contract/incident/look.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import type { AlertQuery } from '../ports/index.ts';
import { maxLines, type LookContext, type LookKind } from './look-kind.ts';

/** Asks Alertmanager what fires for the service and environment, and since when (runbook 001, section 3, step 1). */
export const alerts: LookKind<Extract<Look, { kind: 'alerts' }>> = {
  question: (_look, context) => {
    const { services, environment } = alertQuery(context);
    const query = `service is ${services.join(' or ')}; environment is ${environment} or not said`;
    const link = context.ports.alerts.pageOf(alertQuery(context));
    return { source: 'Alertmanager', query, link, window: null };
  },

  answer: async (_look, context) => {
    const found = await context.ports.alerts.find(alertQuery(context));
    const firing = found.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
    const [first] = firing;
    if (!first) return { verdict: 'pass', reason: 'no alert fires', count: 0, lines: [] };
    const fire = firing.length === 1 ? 'alert fires' : 'alerts fire';
    return {
      verdict: 'fail',
      reason: `${firing.length} ${fire}, first since ${utcMoment(first.startsAt)}`,
      count: firing.length,
      lines: firing.slice(0, maxLines).map(({ name, startsAt, severity, summary, suppressed }) => {
        const marks = `${severity && ` (${severity})`}${suppressed ? ' (silenced)' : ''}`;
        return `${name} since ${utcMoment(startsAt)}${marks}: ${summary}`;
      }),
    };
  },
};

function alertQuery({ entry }: LookContext): AlertQuery {
  const services = [...new Set([entry.service, workloadOf(entry.settings.target)])];
  return { services, environment: entry.environment };
}
