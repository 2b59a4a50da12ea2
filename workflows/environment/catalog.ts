import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentSigning } from '../../contract/environment.ts';
import { growingPauses } from '../../contract/growing-pauses.ts';
import { holdsRole, peopleOf, samePerson } from '../../contract/people.ts';
import { lookups } from '../run/activities.ts';
import type { TemporalEndpoint } from '../run/commands.ts';
import { isExpected, isFailure, messageOf } from '../run/failures.ts';
import { refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import type { EnvironmentRecord } from './record.ts';
import { platformWait } from '../run/platform-wait.ts';

const firstPauseSeconds = 5;
const maxPauseSeconds = 300;

/** The catalog entry of an environment, and how its run is reached. */
export interface EnvironmentPlace {
  entry: CatalogEntry;
  endpoint: TemporalEndpoint;
  /** Names the installation in what people sign; undefined in an answer of an earlier version. */
  temporal: string | undefined;
}

/** Reads the catalog for an environment. A catalog that cannot be read makes it wait and never ends it. */
export class EnvironmentCatalog {
  private readonly record: EnvironmentRecord;
  private current: EnvironmentPlace | null = null;

  constructor(record: EnvironmentRecord) {
    this.record = record;
  }

  /** Reads the entry of a new environment; one that the catalog does not name ends as `InvalidInput`. */
  async open(): Promise<EnvironmentPlace> {
    const found = await this.retry((error) => isFailure(error, 'InvalidInput'));
    this.current = found;
    return found;
  }

  /** Reads the entry in the background, for an environment that has its state already. */
  openLater(): void {
    void CancellationScope.nonCancellable(async () => {
      this.current = await this.retry(() => false);
    });
  }

  /** Answers the entry that was read first, and waits until there is one. */
  async place(): Promise<EnvironmentPlace> {
    await condition(() => this.current !== null);
    if (!this.current) throw new ReferenceError('the catalog entry is not known yet');
    return this.current;
  }

  /** Refuses a person without an operator's role. A catalog that cannot be read takes no role away. */
  async requireOperator(by: string): Promise<EnvironmentPlace> {
    const place = await this.placeOfNow();
    const { owners, settings } = place.entry;
    if (!settings.operators.some((role) => holdsRole(owners, role, by)))
      throw refusal(`${by} holds none of the roles that operate this environment: ${settings.operators.join(', ')}`);
    return place;
  }

  /** Reads the entry anew; the one that was read last counts where the catalog cannot be read. */
  async entryOfNow(): Promise<CatalogEntry> {
    return (await this.placeOfNow()).entry;
  }

  private async placeOfNow(): Promise<EnvironmentPlace> {
    const known = await this.place();
    try {
      return await this.read();
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.record.note(`the catalog cannot be read, so the version that was read last counts: ${messageOf(error)}`);
      return known;
    }
  }

  private async retry(isFinal: (error: unknown) => boolean): Promise<EnvironmentPlace> {
    const since = now();
    const pause = growingPauses(firstPauseSeconds, maxPauseSeconds);
    for (;;) {
      try {
        const found = await this.read();
        this.record.blockedBy(null);
        return found;
      } catch (error) {
        if (!isExpected(error) || isFinal(error)) throw error;
        const what = `the catalog, which cannot be read: ${messageOf(error)}`;
        this.record.note(what);
        this.record.blockedBy(platformWait(what, since));
        await sleep(`${pause()} seconds`);
      }
    }
  }

  private async read(): Promise<EnvironmentPlace> {
    const { service, environment } = this.record.place;
    const found = await lookups.resolve({ service, environment, waits: true });
    const { entry, searchAttributes, address, namespace, temporal } = found;
    const endpoint = { address, namespace };
    const operators = peopleOf(entry.owners, entry.settings.operators);
    const place = { entry, endpoint, temporal };
    const signing = signingOf(place, operators);
    this.record.setPlace({ service, environment, endpoint, operators, ...(signing && { signing }) }, searchAttributes);
    return place;
  }
}

/** Answers what operators sign; null where their messages are believed. */
export function signingOf(
  { entry: { settings, signers }, temporal }: EnvironmentPlace,
  operators: readonly string[],
): EnvironmentSigning | null {
  if (temporal === undefined || settings.approvals.identity !== 'signed') return null;
  return { temporal, signers: signers.filter(({ by }) => operators.some((person) => samePerson(person, by))) };
}
