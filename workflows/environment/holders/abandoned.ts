import { workflowInfo } from '@temporalio/workflow';
import type { LedgerDraft } from '../../../contract/ledger.ts';
import { takeOverStep, type Marker } from '../../../contract/fence.ts';
import { changeId } from '../../../contract/ids.ts';
import type { LiveState } from '../../../contract/live.ts';
import { following } from '../../run/activities.ts';
import { refusal } from '../../run/messages.ts';
import type { EnvironmentCatalog } from '../catalog.ts';
import type { Proven } from '../operators.ts';
import type { LedgerWriter } from '../ledger-writer.ts';
import type { EnvironmentParking } from '../parking.ts';
import type { EnvironmentRecord } from '../record.ts';
import type { EnvironmentState } from '../state.ts';

interface Parts {
  record: EnvironmentRecord;
  catalog: EnvironmentCatalog;
  parking: EnvironmentParking;
  ledger: LedgerWriter;
}

type BrokenLock = NonNullable<EnvironmentState['lockBroken']>;

/** The state of a quiet target, or a person's evidence about it. */
type Observation = { live: LiveState } | { evidence: string };

/**
 * Cleans up after holders that ended without leaving. Nobody is granted the environment before its target is quiet and
 * its state is in the ledger.
 */
export class AbandonedHolders {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * Takes over from an environment that was terminated. Its holder may still be at work: the target refuses its writes
   * from here on, and what it started (an execution, an operation) is waited for.
   */
  async takeOver(state: EnvironmentState): Promise<void> {
    if (!state.unverified) return;
    await this.fenceOff(state);
    const observed = await this.observe(state);
    const { orphanedWrite } = state;
    if (orphanedWrite) {
      const { change, step, fence } = orphanedWrite;
      const why = `the environment was terminated while change ${change} held it; its last write was ${step}`;
      await this.write(state, fence.number, draftOf(why, observed, { change, by: 'not known', reason: '' }));
    } else if ('evidence' in observed) this.parts.record.note(observed.evidence);
    Object.assign(state, { unverified: false, orphanedWrite: null });
    this.parts.record.publish(state);
  }

  /** Frees the environment of a holder whose run has closed without leaving. */
  async release(state: EnvironmentState, why: string, proven: Proven = {}): Promise<void> {
    const { holder } = state;
    if (!holder) return;
    this.parts.record.note(why);
    const observed = await this.observe(state);
    // One whose lock was broken may have left properly meanwhile.
    if (state.holder?.number !== holder.number) return;
    const { change, owner, reason } = holder;
    await this.write(state, holder.number, draftOf(why, observed, { change, by: owner, reason, ...proven }));
    if (state.holder?.number === holder.number) state.holder = null;
    this.parts.record.publish(state);
  }

  /** Marks the lock as broken; the keeper does the rest, so that whoever asked need not wait. */
  breakLock(state: EnvironmentState, { by, reason, ...proven }: Proven & { by: string; reason: string }): void {
    const { holder, lockBroken } = state;
    if (!holder) throw refusal('nobody holds the environment');
    if (lockBroken?.number === holder.number) throw refusal(`the lock is being broken already: ${lockBroken.why}`);
    const why = `lock of ${holder.kind} ${holder.change} broken by ${by}: ${reason}`;
    state.lockBroken = { number: holder.number, why, ...proven };
  }

  /** Refuses the writes of a holder whose lock was broken, then frees the environment. */
  async releaseBroken(state: EnvironmentState, { why, proof }: BrokenLock): Promise<void> {
    await this.fenceOff(state);
    await this.release(state, why, proof ? { proof } : {});
    state.lockBroken = null;
  }

  /** Makes the target refuse writes with a lower number, at its service and its job (invariant I3). */
  private async fenceOff(state: EnvironmentState): Promise<void> {
    const { catalog, parking } = this.parts;
    const place = await catalog.place();
    state.number += 1;
    const { number } = state;
    const markerOf = (attempt: number): Marker => ({
      change: changeId(workflowInfo().firstExecutionRunId),
      step: takeOverStep,
      attempt,
      fence: { number, sequence: 0 },
    });
    const { entry } = place;
    await parking.retryUntilDone(
      'its fence to be stamped, so that a former holder can no longer write',
      place,
      (attempt) =>
        following('refuse writes of a former holder').fenceOffFormerHolder({ entry, marker: markerOf(attempt) }),
    );
  }

  /** Waits until the target is quiet, and raises the number to the highest fence that it records. */
  private async observe(state: EnvironmentState): Promise<Observation> {
    const { catalog, parking } = this.parts;
    const place = await catalog.place();
    const { entry } = place;
    const what = 'its target to be quiet: running executions, operations under way';
    const outcome = await parking.retryUntilDecided(what, place, () =>
      following('check what is still going on').waitUntilSettled({ entry }),
    );
    if ('evidence' in outcome) return outcome;
    const { live, highestNumber } = outcome.found;
    // An environment that was reset knows an older number than its target: every new holder would be refused there.
    state.number = Math.max(state.number, highestNumber);
    return { live };
  }

  private async write(state: EnvironmentState, number: number, draft: LedgerDraft): Promise<void> {
    const { catalog, parking, ledger } = this.parts;
    const place = await catalog.place();
    await parking.retryUntilDone('its ledger to be written', place, () => ledger.write(state, number, draft));
  }
}

/** Makes the entry of a holder that wrote none itself. */
function draftOf(
  why: string,
  observed: Observation,
  holder: Proven & { change: string; by: string; reason: string },
): LedgerDraft {
  const serving = 'live' in observed ? observed.live.serving[0] : undefined;
  return {
    kind: 'unclean',
    outcome: 'evidence' in observed ? `${why}; ${observed.evidence}` : why,
    ...holder,
    serves: serving ? { revision: serving.revision, digest: serving.digest, commit: serving.commit } : 'unknown',
    accepts: [],
  };
}
