import { patched, workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LedgerDraft } from '../../contract/environment.ts';
import { takeOverStep, type Marker } from '../../contract/fence.ts';
import { changeId } from '../../contract/ids.ts';
import type { LiveState } from '../../contract/live.ts';
import { following } from '../run/activities.ts';
import type { Reach } from '../run/commands.ts';
import type { EnvironmentParking } from './parking.ts';
import type { EnvironmentRecord } from './record.ts';
import { refusal } from '../run/messages.ts';
import type { EnvironmentState } from './queue.ts';

/** What a look needs: where, and who is asked when it fails. */
export interface LookingPlace {
  entry: CatalogEntry;
  reach: Reach;
  parking: EnvironmentParking;
}

type Write = (change: string, number: number, draft: LedgerDraft) => Promise<void>;

/**
 * Ends of holders that said nothing: nobody is granted anything before the target is quiet and its state is on
 * record.
 */
export class UncleanEnds {
  private readonly record: EnvironmentRecord;
  private readonly place: () => LookingPlace;
  private readonly write: Write;

  constructor(record: EnvironmentRecord, place: () => LookingPlace, write: Write) {
    this.record = record;
    this.place = place;
    this.write = write;
  }

  /**
   * Whoever held the environment before this one was started is forgotten and may still be at work: from here on its
   * writes are refused at the target, and what it set going (an execution, an operation) is waited for before anybody
   * is granted anything.
   */
  async takeOver(state: EnvironmentState): Promise<void> {
    if (!state.unsettled) return;
    state.number += 1;
    await refuseFormerHolder(this.place(), state.number);
    const seen = await lookFirst(this.place());
    const { forgotten } = state;
    if (forgotten) {
      const why = `the environment was terminated while change ${forgotten.change} held it; the last that it wrote was ${forgotten.step}`;
      await this.write(
        forgotten.change,
        forgotten.fence.number,
        uncleanEntry(why, seen, { by: 'not known', reason: '' }),
      );
    } else if ('said' in seen) this.record.note(seen.said);
    state.unsettled = false;
    state.forgotten = null;
    this.record.publish(state);
  }

  /**
   * A holder that did not say what it did: nothing is granted before the target is quiet and its state is on record.
   */
  async afterUncleanEnd(state: EnvironmentState, why: string): Promise<void> {
    const { holder } = state;
    if (!holder) return;
    this.record.note(why);
    const seen = await lookFirst(this.place());
    // One whose lock was broken may have come to its end meanwhile, and has said so itself.
    if (state.holder?.number !== holder.number) return;
    await this.write(
      holder.change,
      holder.number,
      uncleanEntry(why, seen, { by: holder.owner, reason: holder.reason }),
    );
    if (state.holder?.number === holder.number) state.holder = null;
    this.record.publish(state);
  }

  /** The keeper does it, so that whoever asked need not wait: a new fence at once, then a look, then the next. */
  async breakLock(state: EnvironmentState, by: string, reason: string): Promise<void> {
    const { holder } = state;
    if (!holder) throw refusal('nobody holds the environment');
    const why = `lock of ${holder.kind} ${holder.change} broken by ${by}: ${reason}`;
    if (!patched('keeper-breaks-locks')) return this.afterUncleanEnd(state, why);
    if (state.broken?.number === holder.number) throw refusal(`it is being broken already: ${state.broken.why}`);
    state.broken = { number: holder.number, why };
  }

  async afterBrokenLock(state: EnvironmentState, why: string): Promise<void> {
    state.number += 1;
    await refuseFormerHolder(this.place(), state.number);
    await this.afterUncleanEnd(state, why);
    state.broken = null;
  }
}

/** From here on the writes of whoever had a lower number are refused at the target, service and job (invariant I3). */
async function refuseFormerHolder({ parking, ...place }: LookingPlace, number: number): Promise<void> {
  const { entry } = place;
  const markerOf = (attempt: number): Marker => ({
    change: changeId(workflowInfo().firstExecutionRunId),
    step: takeOverStep,
    attempt,
    fence: { number, sequence: 0 },
  });
  await parking.insist('its fence to be stamped, so that a former holder is refused', place, (attempt) =>
    following('refuse writes of a former holder').fenceOffFormerHolder({ entry, marker: markerOf(attempt) }),
  );
}

/** What is served once nothing is under way at the target any more, or what a person says of it. */
async function lookFirst({ parking, ...place }: LookingPlace): Promise<{ found: LiveState } | { said: string }> {
  const { entry } = place;
  return parking.insist('its target to be quiet: running executions, operations under way', place, () =>
    following('look first: what is still going on?').waitUntilSettled({ entry }),
  );
}

/** The ledger's word about a holder that said none. */
function uncleanEntry(
  why: string,
  seen: Awaited<ReturnType<typeof lookFirst>>,
  { by, reason }: { by: string; reason: string },
): LedgerDraft {
  const serving = 'found' in seen ? seen.found.serving[0] : undefined;
  return {
    kind: 'unclean',
    outcome: 'said' in seen ? `${why}; ${seen.said}` : why,
    commit: serving?.commit ?? '',
    digest: serving?.digest ?? '',
    revision: serving?.revision ?? '',
    plan: '',
    by,
    reason,
    migrations: [],
    verified: false,
    serves: serving ? { revision: serving.revision, digest: serving.digest, commit: serving.commit } : null,
  };
}
