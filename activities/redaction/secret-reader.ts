import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import type { Secrets } from '../ports/platform.ts';
import { SecretTexts } from './secret-texts.ts';

/** Reads secrets of gates or of a channel, and takes them out of texts about them. */
export class SecretReader extends SecretTexts {
  private readonly secrets: Secrets;
  private readonly target: TargetEntry;
  private readonly values = new Map<string, string>();

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
    this.keep(value);
    return value;
  }

  /** Makes an identity token of the worker. It is remembered for these only, too. */
  async identityToken(audience: string | undefined): Promise<string> {
    const key = `identity token for ${audience ?? 'the service'}`;
    const token = this.values.get(key) ?? (await this.secrets.identityToken(this.target, audience));
    this.values.set(key, token);
    this.keep(token);
    return token;
  }

  /**
   * Keeps the values that a rotation replaces and brings, to take them out of texts: a service that is refused may
   * quote what it was refused with. Where the worker may not read them there is nothing to keep.
   */
  async keepRotated(rotated: readonly Pick<RotatedSecret, 'secret' | 'from' | 'to'>[]): Promise<void> {
    const versions = rotated.flatMap(({ secret, from, to }) => [from, to].map((version) => ({ secret, version })));
    await Promise.all(
      versions.map(async ({ secret, version }) =>
        this.keep(await this.secrets.read(this.target, secret, version).catch(() => '')),
      ),
    );
  }
}
