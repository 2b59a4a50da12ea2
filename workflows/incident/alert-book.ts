import { episodeKey, maxEpisodes, type Episode } from '../../contract/incident/episode.ts';
import type { AlertState, IncidentStatus } from '../../contract/incident/status.ts';
import { severities, severityOf, type Severity } from '../../contract/incident/severity.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { now } from '../run/journal.ts';
import type { RunRecord } from '../run/record.ts';

/** Says what Alertmanager itself knows of episodes, by their keys. */
export type Confirmations = ReadonlyMap<string, AlertState['confirmed']>;

/** Alerts that are kept with all they say; of further ones only the count goes on. */
const maxAlerts = 100;

/**
 * Keeps the alerts of an incident, each episode once, however often and in which order it is told. Once it is closed,
 * it sets alerts aside that it does not know: they are the next incident's.
 */
export class AlertBook {
  private readonly record: RunRecord<IncidentStatus>;
  private readonly missed = new Map<string, Episode>();
  /** Keys of those of which only the count goes on. */
  private readonly further = new Set<string>();
  private readonly severities = new Set<Severity>();
  private closed = false;

  constructor(record: RunRecord<IncidentStatus>) {
    this.record = record;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get isEmpty(): boolean {
    return this.alerts.length === 0;
  }

  /** Alerts that fire and came too late for this incident: nobody has looked at them. */
  get forSuccessor(): Episode[] {
    return [...this.missed.values()];
  }

  /** Takes no alert more. Called in the moment in which the end is decided, so that none comes in between. */
  close(): void {
    this.closed = true;
  }

  /** Finds the episodes that are not known yet: only these have to be borne out. */
  unknownOf(told: readonly Episode[]): Episode[] {
    return told.filter((episode) => !this.find(episode));
  }

  /** Joins what a message told; answers the names of alerts that are new here. */
  join(told: readonly Episode[], confirmations: Confirmations): string[] {
    const names = this.adopt(told, confirmations);
    for (const known of told.map((episode) => this.find(episode)))
      if (known) Object.assign(known, { lastSeen: now(), told: known.told + 1 });
    return names;
  }

  /** Joins alerts without counting a message: those that opened it come in its first message, too. */
  adopt(told: readonly Episode[], confirmations: Confirmations): string[] {
    const before = new Set(this.alerts.map(({ name }) => name));
    for (const episode of told) this.joinOne(episode, confirmations.get(episodeKey(episode)) ?? 'unknown');
    return [...new Set(this.alerts.map(({ name }) => name))].filter((name) => !before.has(name));
  }

  /** The gravest severity that an alert of it has; null if none says one. */
  get severity(): Severity | null {
    return severities.find((one) => this.severities.has(one)) ?? null;
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
      // An episode that was seen resolved does not fire again: a later "firing" of it is an old message.
      if (episode.status === 'resolved' && known.status === 'firing') this.end(known, episode);
      return;
    }
    if (this.closed) return this.setAside(episode);
    const severity = severityOf(episode.severity);
    if (severity !== null) this.severities.add(severity);
    if (this.alerts.length >= maxAlerts) return this.count(episode);
    const again = this.alerts.some(({ fingerprint }) => fingerprint === episode.fingerprint);
    if (again) this.record.status.flapped += 1;
    this.alerts.push({ ...episode, confirmed, firstSeen: now(), lastSeen: now(), told: 0 });
    const borneOut = confirmed === 'yes' ? '' : '; Alertmanager could not be asked about it';
    this.record.note(
      `alert ${episode.name} ${again ? 'fires again' : 'fires'} since ${utcMoment(episode.startsAt)}${borneOut}`,
    );
  }

  private count(episode: Episode): void {
    const { status } = this.record;
    this.further.add(episodeKey(episode));
    if (status.furtherAlerts === 0)
      this.record.note(`more than ${maxAlerts} alerts: of further ones only the count goes on`);
    status.furtherAlerts = this.further.size;
  }

  private setAside(episode: Episode): void {
    if (this.missed.size < maxEpisodes) this.missed.set(episodeKey(episode), episode);
  }

  private end(known: AlertState, { endsAt }: Episode): void {
    Object.assign(known, { status: 'resolved', endsAt });
    this.record.note(`alert ${known.name} has ended${endsAt ? ` at ${utcMoment(endsAt)}` : ''}`);
  }
}
