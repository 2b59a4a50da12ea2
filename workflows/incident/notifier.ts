import { categoryTitle } from '../../contract/incident/text.ts';
import type { NotificationEvent } from '../../contract/notification.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { messageOf } from '../run/failures.ts';
import { Outbox } from '../run/outbox.ts';
import type { RunRecord } from '../run/record.ts';
import type { Incident } from './incident-run.ts';
import { notificationOf } from './notification.ts';

/** Tells people of an incident, from the first summary of triage on. Until then they would learn nothing. */
export class Notifier {
  private readonly outbox: Outbox;
  private readonly record: RunRecord<IncidentStatus>;
  /** Severity and category that people have heard of; null until they have heard of the incident. */
  private told: Pick<IncidentStatus, 'severity' | 'category'> | null = null;
  private number = 0;

  constructor(entry: CatalogEntry, record: RunRecord<IncidentStatus>) {
    this.record = record;
    this.outbox = new Outbox(entry, (line) => {
      record.note(line);
      record.describe();
    });
  }

  /** Says whether the run may end: people have heard all, or the wait for it is over. */
  get isSettled(): boolean {
    return this.outbox.isSettled;
  }

  /** Tells of the incident, once. What came to pass before is in its state. */
  open(incident: Incident): void {
    if (this.told !== null) return;
    const { openedBy, severity, category } = this.record.status;
    this.told = { severity, category };
    this.put(incident, 'incidentOpened', `opened by ${openedBy}`);
  }

  tell(incident: Incident, event: NotificationEvent, what: string): void {
    if (this.told !== null) this.put(incident, event, what);
  }

  /** Tells of another severity or category, whoever has changed it. */
  tellChange(incident: Incident): void {
    if (this.told === null) return;
    const { severity, category } = this.record.status;
    const changes = [
      ...(severity === this.told.severity ? [] : [`${this.told.severity} becomes ${severity}`]),
      ...(category === this.told.category
        ? []
        : [category === null ? 'the category is not known any more' : `category ${categoryTitle(category)}`]),
    ];
    this.told = { severity, category };
    if (changes.length > 0) this.put(incident, 'incidentUpdated', changes.join('; '));
  }

  close(): void {
    this.outbox.close();
  }

  private put(incident: Incident, event: NotificationEvent, what: string): void {
    this.number += 1;
    this.outbox.put(notificationOf(incident, { event, number: this.number, what }));
  }
}

/** Runs the story and tells people how it ended, however that is: who was called has to know that it is over. */
export async function tellTheEnd<Result extends { outcome: string }>(
  incident: Incident,
  story: () => Promise<Result>,
): Promise<Result> {
  const { notifier } = incident;
  try {
    const result = await story();
    notifier.tell(incident, 'resolved', result.outcome);
    return result;
  } catch (error) {
    notifier.tell(incident, 'resolved', `ended without a resolution: ${messageOf(error)}`);
    throw error;
  } finally {
    notifier.close();
  }
}
