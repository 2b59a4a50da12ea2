import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import { ActivityRedaction } from './activity-redaction.ts';
import { redactAll } from './answers.ts';
import { isPublicIn, isStrong, partsOf, type Part } from './forms.ts';

/** An older version is still in logs after a rotation. */
const maxVersions = 5;

/** What a worker remembers of the secrets of one target. */
interface Place {
  /** The newest values of each secret, the newest last. */
  values: Map<string, string[]>;
  /** The catalog entry that named them last, as JSON: whatever stands there is public. */
  entry: string;
}

/** Remembers the secrets that a worker has met, for as long as it lives. They are in no file, and in no history. */
export class SecretMemory {
  private readonly own: Set<string>;
  private readonly places = new Map<string, Place>();
  /** Redactions by their targets, until something more is known. */
  private readonly redactions = new Map<string, ActivityRedaction>();

  /** Takes the values of the worker's own secrets, such as its tokens. */
  constructor(own: readonly string[] = []) {
    this.own = new Set(own);
  }

  /** Keeps the value of a secret that is the worker's own. */
  keepOwn(value: string): void {
    if (this.own.has(value)) return;
    this.own.add(value);
    this.redactions.clear();
  }

  /** Says what the catalog has of a target: a value that stands there is no secret. */
  describe(target: TargetEntry, entry: string): void {
    const place = this.place(target);
    if (place.entry === entry) return;
    place.entry = entry;
    this.redactions.clear();
  }

  /** Keeps the value of a secret of a target. */
  keep(target: TargetEntry, secret: string, value: string): void {
    const { values } = this.place(target);
    const earlier = values.get(secret) ?? [];
    if (earlier.at(-1) === value) return;
    values.set(secret, [...earlier.filter((other) => other !== value), value].slice(-maxVersions));
    this.redactions.clear();
  }

  /** Says whether a value can be told from ordinary words, and from what the catalog says of the target. */
  isHidden(target: TargetEntry, value: string): boolean {
    const [whole] = partsOf(value);
    return whole !== undefined && isStrong(whole.text) && !isPublicIn(this.place(target).entry, whole.text);
  }

  /** Makes the redaction of what is done for some targets. */
  redactionFor(targets: readonly TargetEntry[]): ActivityRedaction {
    const key = JSON.stringify(targets);
    const ready = this.redactions.get(key);
    if (ready) return ready;
    const places = targets.map((target) => this.place(target));
    const own = [...this.own].flatMap(partsOf);
    // A secret of another place may be said here as well, as long as it is no word there.
    const parts = [...this.places.values()].flatMap(secretParts).filter(({ text }) => isStrong(text));
    const entries = places.map(({ entry }) => entry).join('\n');
    const redaction = new ActivityRedaction([...own, ...parts, ...places.flatMap(secretParts)], entries);
    this.redactions.set(key, redaction);
    return redaction;
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
    const place = this.places.get(key) ?? { values: new Map<string, string[]>(), entry: '' };
    this.places.set(key, place);
    return place;
  }
}

/** Lists what is secret of a place; what its catalog entry has is not. */
function secretParts({ values, entry }: Place): Part[] {
  const parts = [...values.values()].flat().flatMap(partsOf);
  return parts.filter(({ text }) => !isPublicIn(entry, text));
}
