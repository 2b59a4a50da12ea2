import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { describeFreeze, type Freeze } from '../../contract/environment.ts';
import { ending } from '../run/failures.ts';

export interface Preempting {
  change: string;
  by: string;
  reason: string;
}

/**
 * What stops a change that holds its environment from outside: a rollback that wants it (invariant I6), or a freeze
 * that begins. Both take effect at the next safe point: the part that may be stopped runs in a scope that they
 * cancel, and a migration in one of its own that no cancellation enters.
 */
export class Stopping {
  preemptedBy: Preempting | null = null;
  /** The freeze that is on, as the environment has told its holder. */
  frozenBy: Freeze | null = null;
  private scope: CancellationScope | null = null;
  /** Messages for this grant and the ones before are about what was given up already. */
  private givenUp = 0;

  preempt(by: Preempting): void {
    this.preemptedBy = by;
    this.scope?.cancel();
  }

  /**
   * `stops` is false where there is no way back: then the change asks a person at its next safe point. Answers
   * whether the message is for this grant.
   */
  freeze({ number, freeze }: { number: number; freeze: Freeze | null }, stops: boolean): boolean {
    if (number <= this.givenUp) return false;
    this.frozenBy = freeze;
    if (freeze && stops) this.scope?.cancel();
    return true;
  }

  /** The grant was given up on account of a freeze: what is still said about it is late. */
  gaveUp(number: number): void {
    this.givenUp = number;
    this.frozenBy = null;
  }

  /**
   * Runs the part of the story that may be stopped. It ends as `Preempted` or `Frozen` then; a rollback wins, since
   * it does not wait for a freeze.
   */
  async during<T>(part: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope();
    this.scope = scope;
    if (this.preemptedBy) scope.cancel();
    try {
      return await scope.run(part);
    } catch (error) {
      throw isCancellation(error) ? this.reason(error) : error;
    } finally {
      this.scope = null;
    }
  }

  private reason(error: unknown): unknown {
    const { preemptedBy, frozenBy } = this;
    if (preemptedBy) return preempted(preemptedBy);
    // A person's cancellation of the run counts more than a freeze: it does not come back.
    if (frozenBy && !CancellationScope.current().consideredCancelled) return frozen(frozenBy);
    return error;
  }
}

export function preempted({ change, by, reason }: Preempting): Error {
  return ending('Preempted', `stopped for rollback ${change} of ${by}: ${reason}`);
}

/** It stops in the middle of something: the rollback is told what nobody knows. */
export function unknownTo({ change, by, reason }: Preempting, what: string): Error {
  return ending(
    'Preempted',
    `stopped for rollback ${change} of ${by}: ${reason}; ${what}, and the rollback decides about it`,
  );
}

export function frozen(freeze: Freeze): Error {
  return ending('Frozen', describeFreeze(freeze));
}
