import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Secrets } from '../ports/platform.ts';

/** Written where a secret stood. */
const redacted = '[secret]';

/** Reads the secrets of one look, and takes every form of them out of what is said about it (invariant I9). */
export class SecretReader {
  private readonly secrets: Secrets;
  private readonly target: TargetEntry;
  private readonly values = new Map<string, string>();

  constructor(secrets: Secrets, target: TargetEntry) {
    this.secrets = secrets;
    this.target = target;
  }

  /** The value, without the line end that a file often gives it; remembered for this look only. */
  async read({ secret, version = 'latest' }: { secret: string; version?: string | undefined }): Promise<string> {
    const key = `${secret}/${version}`;
    const known = this.values.get(key);
    if (known !== undefined) return known;
    const value = (await this.secrets.read(this.target, secret, version)).replace(/[\r\n]+$/, '');
    this.values.set(key, value);
    return value;
  }

  /** A service may echo what it was sent, plain or encoded. */
  redact(text: string): string {
    const forms = [...this.values.values()].filter((value) => value !== '').flatMap(formsOf);
    const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, form) => rest.replaceAll(form, redacted), text);
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
