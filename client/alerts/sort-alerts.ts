import { driftCheckWorkflowId, incidentWorkflowId } from '../../contract/ids.ts';
import { causeOfAlert } from '../../contract/incident/categories/index.ts';
import type { Episode } from '../../contract/incident/episode.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import { problemsOf } from '../../contract/failures.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { webhookAlert } from './body.ts';
import { episodeOfAlert } from './episode-of-alert.ts';
import { plainLine } from './plain-line.ts';

/** Alerts of one incident: one service, environment and cause; or those that ask for one drift check. */
export interface IncidentAlerts extends EnvironmentName {
  /** The workflow id of the incident or the check. */
  id: string;
  cause: string;
  episodes: Episode[];
}

/** An alert that no incident can take. */
export interface UndeliverableAlert {
  alert: string;
  why: string;
}

/** What the catalog says of an environment; `undecided` while a file of it cannot be read. */
export type CatalogAnswer = 'known' | 'unknown' | 'undecided';

export interface SortedAlerts {
  incidents: IncidentAlerts[];
  /** Nobody can deliver these, however often they are sent. */
  undeliverable: UndeliverableAlert[];
  /** These can be delivered once the catalog can be read. */
  undecided: UndeliverableAlert[];
}

/**
 * Sorts alerts by the incident that they belong to. A group's key is no identity: it changes when somebody edits the
 * route, and a group may hold several services.
 */
export function sortAlerts(alerts: readonly unknown[], lookUp: (name: EnvironmentName) => CatalogAnswer): SortedAlerts {
  const incidents = new Map<string, IncidentAlerts>();
  const sorted: SortedAlerts = { incidents: [], undeliverable: [], undecided: [] };
  for (const alert of alerts) {
    const place = placeOf(alert, lookUp);
    if ('why' in place) {
      const { decided, ...rest } = place;
      (decided ? sorted.undeliverable : sorted.undecided).push(rest);
      continue;
    }
    const { service, environment, episode, asksForCheck } = place;
    const cause = causeOfAlert(episode.name);
    const id = asksForCheck
      ? driftCheckWorkflowId(service, environment)
      : incidentWorkflowId(service, environment, cause);
    const incident = incidents.get(id) ?? { id, service, environment, cause, episodes: [] };
    incident.episodes.push(episode);
    incidents.set(id, incident);
  }
  return { ...sorted, incidents: [...incidents.values()] };
}

/** The label by which an alert asks for a drift check in place of an incident (runbook 001, section 6). */
const asksForCheckLabel = { name: 'slipway', value: workflowTypes.checkDrift };

type Place =
  (EnvironmentName & { episode: Episode; asksForCheck: boolean }) | (UndeliverableAlert & { decided: boolean });

function placeOf(alert: unknown, lookUp: (name: EnvironmentName) => CatalogAnswer): Place {
  const parsed = webhookAlert.safeParse(alert);
  if (!parsed.success) {
    const [problem] = problemsOf(parsed.error);
    return {
      alert: 'unreadable',
      why: plainLine(`${problem?.path ?? ''} ${problem?.message ?? ''}`, 200),
      decided: true,
    };
  }
  const { labels } = parsed.data;
  const name = plainLine(labels['alertname'] ?? '', 100) || 'unnamed alert';
  const refuse = (why: string, decided = true): Place => ({ alert: name, why, decided });
  const { service = '', environment = '' } = labels;
  if (service === '' || environment === '')
    return refuse(`it has no label ${service === '' ? 'service' : 'environment'}`);
  const where = `service ${plainLine(service, 60)}, environment ${plainLine(environment, 60)}`;
  const answer = lookUp({ service, environment });
  if (answer === 'unknown') return refuse(`the catalog does not know ${where}`);
  if (answer === 'undecided') return refuse(`a file of the catalog cannot be read, perhaps that of ${where}`, false);
  const episode = episodeOfAlert(parsed.data);
  if ('problem' in episode) return refuse(plainLine(episode.problem, 200));
  const asksForCheck = labels[asksForCheckLabel.name] === asksForCheckLabel.value;
  return { service, environment, episode, asksForCheck };
}
