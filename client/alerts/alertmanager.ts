import { z } from 'zod';
import type { WebhookBody } from './body.ts';

/** Limits the question: what there is must be delivered within the same second. */
const timeoutMs = 600;

/** Alerts of Alertmanager's API: all of them fire, and `endsAt` is when it would give them up (API v2, getAlerts). */
const apiAlerts = z.array(z.looseObject({}));

/** Finds the alerts that a cut body left out, in the form of a body. Throws when Alertmanager does not answer. */
export type FindRest = (body: WebhookBody) => Promise<unknown[]>;

/**
 * Asks Alertmanager's API for the alerts of a cut body's group. The address is configured: one that stands in a body is
 * not believed.
 */
export function createFindRest(alertmanager: string): FindRest {
  return async (body) => {
    const response = await fetch(alertsUrl(alertmanager, body), {
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return apiAlerts.parse(await response.json()).map((alert) => ({ ...alert, status: 'firing', endsAt: '' }));
  };
}

/** Asks for what the webhook would have: the alerts of the group and receiver that nobody has silenced. */
function alertsUrl(alertmanager: string, { groupLabels, receiver }: WebhookBody): URL {
  const url = new URL('api/v2/alerts', alertmanager.endsWith('/') ? alertmanager : `${alertmanager}/`);
  for (const name of ['silenced', 'inhibited']) url.searchParams.set(name, 'false');
  // A body has its receiver's name as a regular expression, already quoted (Alertmanager, template: Data).
  if (receiver !== '') url.searchParams.set('receiver', `^${receiver}$`);
  for (const [label, value] of Object.entries(groupLabels))
    url.searchParams.append('filter', `${matcherName(label)}=${JSON.stringify(value)}`);
  return url;
}

/** Quotes a label's name where it is none of the classic ones (Alertmanager, matchers: UTF-8). */
function matcherName(label: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : JSON.stringify(label);
}
