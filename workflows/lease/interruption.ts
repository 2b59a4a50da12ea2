import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { EnvironmentLease } from '../../contract/bells.ts';
import { describeFreeze, type Freeze } from '../../contract/environment.ts';
import { ending } from '../run/failures.ts';

export type Preemption = NonNullable<EnvironmentLease['rollback']>;

/** Says with what a wait ends when a rollback or a freeze comes: the wait is a safe point for it. */
export interface SafePoint {
  onRollback: (by: Preemption) => Error;
  onFreeze?: (freeze: Freeze) => Error;
}

/**
 * Stops the holder of an environment from outside: for a rollback that wants it (invariant I6), or for a freeze that
 * begins. Both take effect at the next safe point: the interruptible part runs in a scope that they cancel.
 */
export class Interruption {
  private rollback: Preemption | null = null;
  private freeze: Freeze | null = null;
  private overridden: string | null = null;
  private scope: CancellationScope | null = null;
  private readonly stopsForFreeze: () => boolean;

  /** `stopsForFreeze` is false where there is no way back: then a person is asked at the next safe point. */
  constructor(stopsForFreeze: () => boolean) {
    this.stopsForFreeze = stopsForFreeze;
  }

  get preemptedBy(): Preemption | null {
    return this.rollback;
  }

  get frozenBy(): Freeze | null {
    return this.freeze;
  }

  /** Tells whether a person has decided to go on in spite of this freeze. */
  isOverridden({ since }: Freeze): boolean {
    return this.overridden === since;
  }

  /** Records that a person has decided to go on in spite of this freeze. */
  override({ since }: Freeze): void {
    this.overridden = since;
  }

  /** Takes over what the environment says of its holder. Answers in words what is new, or null. */
  update({ rollback, freeze }: Pick<EnvironmentLease, 'rollback' | 'freeze'>): string | null {
    if (rollback && rollback.change !== this.rollback?.change) {
      this.rollback = rollback;
      this.scope?.cancel();
      return `rollback ${rollback.change} of ${rollback.by} wants the environment`;
    }
    if (freeze?.since === this.freeze?.since) return null;
    this.freeze = freeze;
    if (freeze && this.stopsForFreeze()) this.scope?.cancel();
    return freeze ? `the environment is ${describeFreeze(freeze)}` : 'the freeze is over';
  }

  /** Forgets the freeze once the lease was returned because of it. */
  clearFreeze(): void {
    this.freeze = null;
  }

  /**
   * Runs the part of a story that may be interrupted. It ends as `Preempted` or `Frozen` then; a rollback wins, since
   * it does not wait for a freeze.
   */
  async interruptible<T>(part: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope();
    this.scope = scope;
    if (this.rollback) scope.cancel();
    try {
      return await scope.run(part);
    } catch (error) {
      throw isCancellation(error) ? this.reasonOf(error) : error;
    } finally {
      this.scope = null;
    }
  }

  /** Answers the error that ends a wait at this safe point now, or null. */
  at({ onRollback, onFreeze }: SafePoint): Error | null {
    if (this.rollback) return onRollback(this.rollback);
    return this.freeze && onFreeze && this.stopsForFreeze() ? onFreeze(this.freeze) : null;
  }

  private reasonOf(error: unknown): unknown {
    if (this.rollback) return preempted(this.rollback);
    // A person's cancellation of the run counts more than a freeze: it does not come back.
    if (this.freeze && !CancellationScope.current().consideredCancelled) return frozen(this.freeze);
    return error;
  }
}

export function preempted({ change, by, reason }: Preemption): Error {
  return ending('Preempted', `stopped for rollback ${change} of ${by}: ${reason}`);
}

/** Ends a change whose migration has an unknown outcome: the rollback decides about it. */
export function preemptedWithUnknown({ change, by, reason }: Preemption, what: string): Error {
  return ending(
    'Preempted',
    `stopped for rollback ${change} of ${by}: ${reason}; ${what}, and the rollback decides about it`,
  );
}

export function frozen(freeze: Freeze): Error {
  return ending('Frozen', describeFreeze(freeze));
}

/** Honours a cancellation that arrived while a part ran that no cancellation enters. */
export async function cancellationPoint(): Promise<void> {
  const scope = CancellationScope.current();
  if (scope.consideredCancelled) await scope.cancelRequested;
}
