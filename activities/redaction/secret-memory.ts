import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import { ActivityRedaction } from './activity-redaction.ts';
import { redactAll } from './answers.ts';
import { isPublicIn, isStrong, partsOf, type Part } from './forms.ts';
import { Redactor } from './redactor.ts';

/** What a worker remembers of one target. */
interface Place {
  /** Parts of its secrets that could be ordinary words. */
  weak: Map<string, Part>;
  /** The catalog entry that named the secrets last, as JSON: whatever stands there is public. */
  entry: string;
}

/**
 * Remembers the secrets that a worker has met, for as long as it lives: an older version is still in logs after a
 * rotation. They are in no file, and in no history.
 */
export class SecretMemory {
  /** Those of all places: one may be said where another one is at work. */
  private readonly strong = new Redactor();
  private readonly places = new Map<string, Place>();

  /** Takes the values of the worker's own secrets, such as its tokens. */
  constructor(own: readonly string[] = []) {
    for (const value of own) this.keepOwn(value);
  }

  /** Keeps the value of a secret that is the worker's own. */
  keepOwn(value: string): void {
    for (const part of partsOf(value)) if (isStrong(part.text)) this.strong.keep(part);
  }

  /** Says what the catalog has of a target: a value that stands there is no secret. */
  describe(target: TargetEntry, entry: string): void {
    this.place(target).entry = entry;
  }

  /** Keeps the value of a secret of a target. */
  keep(target: TargetEntry, value: string): void {
    const { weak, entry } = this.place(target);
    for (const part of partsOf(value).filter(({ text }) => !isPublicIn(entry, text))) {
      if (isStrong(part.text)) this.strong.keep(part);
      else weak.set(part.text, part);
    }
  }

  /** Says whether a value can be told from ordinary words, and from what the catalog says of the target. */
  isHidden(target: TargetEntry, value: string): boolean {
    const [whole] = partsOf(value);
    return whole !== undefined && isStrong(whole.text) && !isPublicIn(this.place(target).entry, whole.text);
  }

  /** Makes the redaction of what is done for some targets. */
  redactionFor(targets: readonly TargetEntry[]): ActivityRedaction {
    const places = targets.map((target) => this.place(target));
    const weak = places.flatMap((place) => [...place.weak.values()]);
    return new ActivityRedaction(this.strong, weak, places.map(({ entry }) => entry).join('\n'));
  }

  /** Takes all secrets out of a line of JSON for the worker's log. */
  redactLine(line: string): string {
    const redaction = this.redactionFor([]);
    try {
      const fields: unknown = JSON.parse(line);
      const redacted = redactAll(fields, (text) => redaction.text(text));
      return redacted === fields ? line : `${JSON.stringify(redacted)}\n`;
    } catch {
      return redaction.text(line);
    }
  }

  private place(target: TargetEntry): Place {
    const key = JSON.stringify(target);
    const place = this.places.get(key) ?? { weak: new Map<string, Part>(), entry: '' };
    this.places.set(key, place);
    return place;
  }
}
