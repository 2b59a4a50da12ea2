/** The symptom is looked at so often while it has to stay away. */
const looksInQuietTime = 6;
const minPauseMs = 2_000;
/** A look that comes later than this after its time comes so late since no worker was there. */
const lateMs = 30_000;

/** Measures how long a symptom has stayed away. Only time in which somebody has looked counts (invariant I10). */
export class QuietTime {
  private readonly neededMs: number;
  private since: number | null = null;
  private lookedAt = 0;

  constructor(neededMs: number) {
    this.neededMs = neededMs;
  }

  /** Says how long it has to stay away still. */
  get leftMs(): number {
    return this.since === null ? this.neededMs : this.since + this.neededMs - this.lookedAt;
  }

  /** Says how long to wait before the next look. */
  get pauseMs(): number {
    return Math.max(minPauseMs, Math.min(this.leftMs, this.neededMs / looksInQuietTime));
  }

  /** Takes what a look at this moment has seen. Says why the time begins again; null if it goes on. */
  see(isPresent: boolean, atMs: number): 'back' | 'unwatched' | null {
    const { since: before, lookedAt, pauseMs } = this;
    this.lookedAt = atMs;
    if (isPresent) {
      this.since = null;
      return before === null ? null : 'back';
    }
    const isUnwatched = before !== null && atMs > lookedAt + pauseMs + lateMs;
    if (before === null || isUnwatched) this.since = atMs;
    return isUnwatched ? 'unwatched' : null;
  }
}
