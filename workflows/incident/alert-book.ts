import { episodeKey, type Episode } from '../../contract/incident/episode.ts';
import type { AlertState, IncidentStatus } from '../../contract/incident/status.ts';
import { severities, severityOf, type Severity } from '../../contract/incident/severity.ts';
import { now } from '../run/journal.ts';
import type { RunRecord } from '../run/record.ts';

/** Says what Alertmanager itself knows of episodes, by their keys. */
export type Confirmations = ReadonlyMap<string, AlertState['confirmed']>;

/** Alerts that are kept with all they say; of further ones only the count goes on. */
const maxAlerts = 100;

/** Keeps the alerts of an incident, each episode once, however often and in which order it is told. */
export class AlertBook {
  private readonly record: RunRecord<IncidentStatus>;

  constructor(record: RunRecord<IncidentStatus>) {
    this.record = record;
  }

  /** Finds the episodes that are not known yet: only these have to be borne out. */
  unknownOf(told: readonly Episode[]): Episode[] {
    return told.filter((episode) => !this.find(episode));
  }

  /** Joins what was told; answers the names of alerts that are new here. */
  join(told: readonly Episode[], confirmations: Confirmations): string[] {
    const before = new Set(this.alerts.map(({ name }) => name));
    for (const episode of told) this.joinOne(episode, confirmations.get(episodeKey(episode)) ?? 'unknown');
    return [...new Set(this.alerts.map(({ name }) => name))].filter((name) => !before.has(name));
  }

  /** The gravest severity that an alert of it has; null if none says one. */
  get severity(): Severity | null {
    const said = this.alerts.map(({ severity }) => severityOf(severity)).filter((one) => one !== null);
    return severities.find((one) => said.includes(one)) ?? null;
  }

  private get alerts(): AlertState[] {
    return this.record.status.alerts;
  }

  private find(episode: Episode): AlertState | undefined {
    return this.alerts.find((known) => episodeKey(known) === episodeKey(episode));
  }

  private joinOne(episode: Episode, confirmed: AlertState['confirmed']): void {
    const known = this.find(episode);
    if (known) {
      Object.assign(known, { lastSeen: now(), told: known.told + 1 });
      // An episode that was seen resolved does not fire again: a later "firing" of it is an old message.
      if (episode.status === 'resolved' && known.status === 'firing') this.end(known, episode);
      return;
    }
    if (this.alerts.length >= maxAlerts) return;
    const again = this.alerts.some(({ fingerprint }) => fingerprint === episode.fingerprint);
    if (again) this.record.status.flapped += 1;
    this.alerts.push({ ...episode, confirmed, firstSeen: now(), lastSeen: now(), told: 1 });
    const borneOut = confirmed === 'yes' ? '' : '; Alertmanager could not be asked about it';
    this.record.note(`alert ${episode.name} ${again ? 'fires again' : 'fires'} since ${episode.startsAt}${borneOut}`);
  }

  private end(known: AlertState, { endsAt }: Episode): void {
    Object.assign(known, { status: 'resolved', endsAt });
    this.record.note(`alert ${known.name} has ended${endsAt ? ` at ${endsAt}` : ''}`);
  }
}
