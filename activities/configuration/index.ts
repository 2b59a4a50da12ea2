import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ConfigurationEntry } from '../../contract/catalog/configuration.ts';
import type { ConfigurationKey, PackedManifest } from '../../contract/configuration.ts';
import type { Problem } from '../../contract/failures.ts';
import { invalidInput } from '../failure.ts';
import { valueAt } from '../json.ts';
import type { Ports } from '../ports/index.ts';
import { checkManifest } from './manifest.ts';
import { readSettings } from './settings-file.ts';

type ConfigurationPorts = Pick<Ports, 'secrets' | 'sources'>;
type Layered = Omit<ConfigurationKey, 'shadows'>;

/** Holds the effective configuration, and what is wrong with it; no value is in it (invariant I9). */
export interface Configuration {
  /** In the order of their names. */
  keys: ConfigurationKey[];
  /** The manifest that the build packs; null where it packs none, or cannot. */
  manifest: PackedManifest | null;
  problems: Problem[];
}

/**
 * Computes from where each key is taken: a secret over a variable over a file of the commit (runbook 002, section 6).
 * A required key that no layer has is a problem, and one that a stronger layer hides without being listed. So is a
 * packed manifest that the settings do not name, or do not allow (section 7).
 */
export async function readConfiguration(
  sources: Ports['sources'],
  entry: CatalogEntry,
  commit: string,
): Promise<Configuration> {
  const { configuration = { files: [], overrides: [] }, inputs = [], secrets, variables } = entry.settings;
  const [files, manifest] = await Promise.all([
    readFiles(sources, entry, configuration, commit),
    checkManifest(sources, entry, commit),
  ]);
  const layered: Layered[] = [
    ...Object.entries(secrets).map(([key, { secret, version }]) => ({
      key,
      layer: 'secret' as const,
      origin: `secret ${secret}, version ${version}`,
    })),
    ...Object.keys(variables).map((key) => ({ key, layer: 'variable' as const, origin: 'variable of the catalog' })),
    ...files.keys,
  ];
  const names = [...new Set(layered.map(({ key }) => key))].sort();
  const keys = names.flatMap((name) => effective(layered.filter(({ key }) => key === name)));
  // Of an unknown commit nobody knows what its files have.
  const inFiles = commit === '' ? configuration.files.flatMap((file) => Object.keys(file.keys)) : [];
  const missing = inputs.filter((input) => !names.includes(input) && !inFiles.includes(input));
  return {
    keys,
    manifest: manifest.packed,
    problems: [
      ...files.problems,
      ...manifest.problems,
      ...missing.map((key) => ({ path: `inputs.${key}`, message: describeMissing(key, configuration) })),
      ...keys.filter(({ key, shadows }) => shadows.length > 0 && !configuration.overrides.includes(key)).map(hidden),
    ],
  };
}

/**
 * Refuses a configuration that has a problem, or a secret that cannot be read, with what was found before. Reads no
 * value.
 */
export async function requireConfiguration(
  { secrets, sources }: ConfigurationPorts,
  entry: CatalogEntry,
  commit: string,
  found: readonly Problem[] = [],
): Promise<void> {
  const [{ problems }, absent] = await Promise.all([
    readConfiguration(sources, entry, commit),
    absentSecrets(secrets, entry),
  ]);
  const all = [...found, ...problems, ...absent];
  if (all.length > 0) throw invalidInput(all);
}

/** Finds secrets of the catalog of which the version is not there. */
export async function absentSecrets(
  secrets: Ports['secrets'],
  { settings: { secrets: declared, target } }: CatalogEntry,
): Promise<Problem[]> {
  const states = await Promise.all(
    Object.entries(declared).map(async ([key, { secret, version }]) => {
      const state = await secrets.stateOf(target, secret, version);
      const message = `version ${version} of secret ${secret} is ${state}`;
      return state === 'enabled' ? [] : [{ path: `secrets.${key}`, message }];
    }),
  );
  return states.flat();
}

function effective([first, ...others]: Layered[]): ConfigurationKey[] {
  return first ? [{ ...first, shadows: others.map(({ origin }) => origin) }] : [];
}

function hidden({ key, origin, shadows }: ConfigurationKey): Problem {
  return {
    path: `configuration.${key}`,
    message: `${origin} hides ${shadows.join(', ')}: take one away, or list ${key} in configuration.overrides`,
  };
}

function describeMissing(key: string, { files }: ConfigurationEntry): string {
  const places = files.filter(({ keys }) => keys[key] !== undefined).map(({ path }) => path);
  const further = places.map((path) => `, nor in ${path}`).join('');
  return `${key} is neither in secrets nor in variables of the catalog${further}`;
}

/** Finds the keys that the files of a commit have. Without a commit they are not known. */
async function readFiles(
  sources: Ports['sources'],
  { repository }: CatalogEntry,
  { files }: ConfigurationEntry,
  commit: string,
): Promise<{ keys: Layered[]; problems: Problem[] }> {
  if (commit === '') return { keys: [], problems: [] };
  const read = await Promise.all(
    files.map(async ({ path, keys }) => {
      const read = await readSettings(sources, repository, commit, path);
      if ('problem' in read) return { keys: [], problems: [{ path: `configuration.${path}`, message: read.problem }] };
      const found = Object.entries(keys).filter(([, pointer]) => valueAt(read.value, pointer) !== undefined);
      const layered = found.map(([key, pointer]) => ({ key, layer: 'file' as const, origin: `${path} ${pointer}` }));
      return { keys: layered, problems: [] };
    }),
  );
  return { keys: read.flatMap(({ keys }) => keys), problems: read.flatMap(({ problems }) => problems) };
}
