import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import type { Secrets } from '../ports/platform.ts';

/** The text that replaces a secret. */
const redacted = '[secret]';

/** Takes every form of the secrets that it knows out of texts (invariant I9). */
export class Redactor {
  protected readonly values = new Map<string, string>();

  /** Keeps a secret that was read elsewhere, to take it out of texts, too. */
  keep(name: string, value: string): void {
    this.values.set(name, value);
  }

  /** Replaces all secrets in a text. A service may echo what it was sent, plain or encoded. */
  redact(text: string): string {
    const forms = [...this.values.values()].filter((value) => value !== '').flatMap(formsOf);
    const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, form) => rest.replaceAll(form, redacted), text);
  }
}

/** Reads secrets of gates or of a channel, and takes them out of texts about them. */
export class SecretReader extends Redactor {
  private readonly secrets: Secrets;
  private readonly target: TargetEntry;

  constructor(secrets: Secrets, target: TargetEntry) {
    super();
    this.secrets = secrets;
    this.target = target;
  }

  /** Reads the value without the line end that a file often gives it. It is remembered for these only. */
  async read({ secret, version = 'latest' }: { secret: string; version?: string | undefined }): Promise<string> {
    const key = `${secret}/${version}`;
    const cached = this.values.get(key);
    if (cached !== undefined) return cached;
    const value = (await this.secrets.read(this.target, secret, version)).replace(/[\r\n]+$/, '');
    this.values.set(key, value);
    this.keepParts(key, value);
    return value;
  }

  /**
   * Keeps the values that a rotation replaces and brings, to take them out of texts: a service that is refused may
   * quote what it was refused with. Where the worker may not read them there is nothing to keep.
   */
  async keepRotated(rotated: readonly Pick<RotatedSecret, 'secret' | 'from' | 'to'>[]): Promise<void> {
    const versions = rotated.flatMap(({ secret, from, to }) => [from, to].map((version) => ({ secret, version })));
    await Promise.all(
      versions.map(async ({ secret, version }) => {
        const value = await this.secrets.read(this.target, secret, version).catch(() => '');
        this.keepParts(`${secret}/${version}`, value.replace(/[\r\n]+$/, ''));
      }),
    );
  }

  private keepParts(name: string, value: string): void {
    for (const part of partsOf(value)) this.values.set(`${name}/${part}`, part);
  }
}

/** A shorter value is in many texts by chance. */
const minLength = 6;

/**
 * Lists what is secret of a value: all of it, and the password of an address, as it stands there and as it is. One that
 * is the user's name is none.
 */
function partsOf(value: string): string[] {
  const [, user = '', written = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^\s:/@]*):([^\s@/]+)@/i.exec(value) ?? [];
  const parts = written === user ? [value] : [value, written, decoded(written)];
  return [...new Set(parts)].filter((part) => part.length >= minLength);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString('base64');
  const escaped = inJson(value);
  // Twice: JSON that a service puts into a string is escaped once more when that string is shown.
  return [
    value,
    escaped,
    inJson(escaped),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(value),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
