/** Holds where the settings of a service come from, key by key, and never their values (invariant I9). */

/** The layers of a configuration, the strongest first (runbook 002, section 6). */
export type ConfigurationLayer = 'secret' | 'variable' | 'file';

/** Says from where one key is taken. */
export interface ConfigurationKey {
  key: string;
  layer: ConfigurationLayer;
  /** `secret shop-api-key, version latest`, `variable of the catalog`, `config/shop.toml /profile/name`. */
  origin: string;
  /** Origins of the same key in weaker layers, which therefore do not count. */
  shadows: string[];
}

/** Says one key in one line. */
export function describeKey({ key, origin, shadows }: ConfigurationKey): string {
  return `${key}: ${origin}${shadows.length > 0 ? `, over ${shadows.join(', ')}` : ''}`;
}

/** Names a manifest that the build packs into the image, with the hash of what is packed (runbook 002, section 7). */
export interface PackedManifest {
  /** Below the folder of the source. */
  path: string;
  sha256: string;
}

/** Says a packed manifest in one line. */
export function describePacked({ path, sha256 }: PackedManifest): string {
  return `${path} (SHA-256 ${sha256})`;
}
