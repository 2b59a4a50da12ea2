import { sleep } from '@temporalio/workflow';
import { categoryOfAlert } from '../../contract/incident/categories/index.ts';
import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import type { Severity } from '../../contract/incident/severity.ts';
import { countOf } from '../../contract/plan.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { investigating } from '../run/activities.ts';
import { ending, isExpected } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import type { Confirmations } from './alert-book.ts';
import type { Incident } from './incident-run.ts';

/**
 * Asks Alertmanager about the alerts that the incident was opened with: a message that says so is a stranger's. If
 * nobody bears one out, it ends here, unless a person of the catalog has opened it. Where Alertmanager cannot be asked,
 * the incident goes on and says so.
 */
export async function believeAlerts(incident: Incident): Promise<void> {
  const { alerts, isOpenedByPerson, openedWith: told, run } = incident;
  if (told.length === 0) return;
  const { believed, denied } = await confirm(incident, told);
  // Another alert may have joined meanwhile, and that one is borne out.
  const isBorneOut = isOpenedByPerson || run.record.status.brokenChanges.length > 0;
  if (believed.size === 0 && alerts.isEmpty && !isBorneOut) {
    alerts.close();
    throw ending('Rejected', `Alertmanager knows no such alert: ${namesOf(denied)}; nobody was called`);
  }
  if (denied.length > 0) run.record.note(`not believed, since Alertmanager does not know it: ${namesOf(denied)}`);
  alerts.adopt(
    told.filter((episode) => believed.has(episodeKey(episode))),
    believed,
  );
  adoptAlerts(incident);
}

/** Joins further alerts; answers what became of them. Refuses those that Alertmanager does not know. */
export async function hearAlerts(incident: Incident, told: readonly Episode[]): Promise<string> {
  const { alerts, inbox, run } = incident;
  const fresh = alerts.unknownOf(told);
  const { believed, denied } = await confirm(incident, fresh.filter(isFiring));
  const known = told.filter((episode) => !fresh.includes(episode));
  const joining = fresh.filter((episode) => believed.has(episodeKey(episode)));
  const names = alerts.join([...known, ...joining], believed);
  adoptAlerts(incident);
  incident.notifier.tellChange(incident);
  // While it is looked at whether the symptom stays away, whatever fires anew opens it again.
  const causes = run.record.status.phase === 'verifying' ? joining.map(({ name }) => name) : names;
  for (const name of causes) inbox.put({ kind: 'look', why: `alert ${name} has joined` });
  run.record.describe();
  if (denied.length > 0) throw refusal(`Alertmanager does not know ${namesOf(denied)}`);
  if (alerts.isClosed)
    return `${countOf(told.length, 'alert')} heard; the incident is over: what fires opens the next one`;
  return `${countOf(told.length, 'alert')} heard, ${fresh.length - denied.length} of them new`;
}

/** Takes severity and category from the alerts, where no person has said them. */
function adoptAlerts({ alerts, run: { record } }: Incident): void {
  const { status } = record;
  status.severity = gravest(status.severity, alerts.severity);
  status.category ??= status.alerts.map(({ name }) => categoryOfAlert(name)).find((name) => name !== null) ?? null;
}

function gravest(present: Severity, said: Severity | null): Severity {
  return said !== null && said < present ? said : present;
}

interface Confirmed {
  /** What may count, by key. */
  believed: Confirmations;
  /** What Alertmanager does not know. */
  denied: Episode[];
}

async function confirm({ entry }: Incident, told: readonly Episode[]): Promise<Confirmed> {
  if (told.length === 0) return { believed: new Map(), denied: [] };
  const { service, environment } = entry;
  const episodes = told.map(({ fingerprint, startsAt }) => ({ fingerprint, startsAt }));
  try {
    const ask = () => investigating('ask Alertmanager').confirmAlerts({ service, environment, episodes });
    let found = await ask();
    // An Alertmanager that has just started has forgotten all alerts, and Prometheus tells of them again.
    if (found.incompleteForMs > 0) {
      await sleep(found.incompleteForMs);
      found = await ask();
    }
    if (!found.answered) return unasked(told);
    const firing = new Set(found.states.filter(({ state }) => state === 'firing').map(({ key }) => key));
    const isKnown = (episode: Episode) => firing.has(episodeKey(episode));
    return {
      believed: new Map(told.filter(isKnown).map((episode) => [episodeKey(episode), 'yes'])),
      denied: told.filter((episode) => !isKnown(episode)),
    };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return unasked(told);
  }
}

/** Nobody could be asked: what was told counts, and is shown as not borne out. */
function unasked(told: readonly Episode[]): Confirmed {
  return { believed: new Map(told.map((episode) => [episodeKey(episode), 'unknown'])), denied: [] };
}

function isFiring({ status }: Episode): boolean {
  return status === 'firing';
}

function namesOf(episodes: readonly Episode[]): string {
  return [...new Set(episodes.map(({ name, startsAt }) => `${name} since ${utcMoment(startsAt)}`))].join(', ');
}
