import type { Candidate } from '../../contract/live.ts';

/** Outside effects of a change in their order: each includes those before it. */
const effects = ['nothing', 'job', 'candidate', 'traffic'] as const;
export type Effect = (typeof effects)[number];

/** Keeps how far a change has reached into the target, besides the fence. */
export class Effects {
  private farthest: Effect = 'nothing';
  private staged: Candidate | null = null;

  /** Records an effect before its write is sent: from then on it may be there. */
  record(effect: Effect): void {
    if (!this.reached(effect)) this.farthest = effect;
  }

  reached(effect: Effect): boolean {
    return effects.indexOf(this.farthest) >= effects.indexOf(effect);
  }

  get candidate(): Candidate | null {
    return this.staged;
  }

  stage(candidate: Candidate): void {
    this.staged = candidate;
  }

  /** Forgets all effects after they were taken back. */
  reset(): void {
    this.farthest = 'nothing';
    this.staged = null;
  }
}
