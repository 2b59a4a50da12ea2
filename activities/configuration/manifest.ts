import path from 'node:path';
import { canonicalJson, sha256 } from '../../catalog/canonical-json.ts';
import { manifestOf, placeInRepository, type ManifestEntry } from '../../contract/catalog/build.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { PackedManifest } from '../../contract/configuration.ts';
import type { Problem } from '../../contract/failures.ts';
import { invalidInput } from '../failure.ts';
import { valueAt } from '../json.ts';
import { oneLine } from '../one-line.ts';
import type { AddedFile, Sources } from '../ports/index.ts';
import type { Work } from '../ports/work.ts';
import { readSettings } from './settings-file.ts';

/** Packs manifests into JSON, and checks that the settings name and allow them (runbook 002, section 7). */

/** The folder that buildpacks give the source. Platform: Cloud Native Buildpacks, application directory. */
const workspace = '/workspace';

type Source = Pick<CatalogEntry, 'repository' | 'build'>;
type Files = Pick<Sources, 'file'>;

interface Packed {
  /** What the manifest says, and the JSON that is packed. */
  value: unknown;
  text: string;
  manifest: PackedManifest;
}

/** Answers the file that a build adds to the source of a commit; null if it packs no manifest. */
export async function manifestFile(
  sources: Files,
  { repository, build, commit }: Pick<Work, 'repository' | 'build' | 'commit'>,
): Promise<AddedFile | null> {
  const entry = manifestOf(build);
  if (!entry) return null;
  const packed = await pack(sources, { repository, build }, entry, commit);
  if ('problem' in packed) throw invalidInput([inputProblem(entry, packed.problem)]);
  return { path: packed.manifest.path, text: packed.text };
}

/**
 * Finds what a build packs of a commit, and what is wrong with it: the settings name another path, do not allow this
 * one, or have another hash. A commit that is not known says nothing.
 */
export async function checkManifest(
  sources: Files,
  source: Source,
  commit: string,
): Promise<{ packed: PackedManifest | null; problems: Problem[] }> {
  const { repository, build } = source;
  const entry = manifestOf(build);
  if (!build || !entry || commit === '') return { packed: null, problems: [] };
  const [packed, settings] = await Promise.all([
    pack(sources, source, entry, commit),
    readSettings(sources, repository, commit, placeInRepository(build, entry.settings.path)),
  ]);
  if ('problem' in packed) return { packed: null, problems: [inputProblem(entry, packed.problem)] };
  const found = 'problem' in settings ? [settings.problem] : contradictions(entry, settings.value, packed);
  const where = `build.manifest.${entry.settings.path}`;
  return { packed: packed.manifest, problems: found.map((message) => ({ path: where, message })) };
}

/** Packs the manifest of a commit: the same content is the same text, whatever the form of its file. */
async function pack(
  sources: Files,
  { repository, build }: Source,
  { input, output }: ManifestEntry,
  commit: string,
): Promise<Packed | { problem: string }> {
  const read = await readSettings(sources, repository, commit, build ? placeInRepository(build, input) : input);
  if ('problem' in read) return read;
  const text = canonicalJson(read.value);
  return { value: read.value, text, manifest: { path: output, sha256: sha256(text) } };
}

/** Lists where the settings contradict what is packed. Of what is said only local URLs are repeated (invariant I9). */
function contradictions({ output, settings }: ManifestEntry, said: unknown, { value, manifest }: Packed): string[] {
  const place = `file://${path.posix.join(workspace, output)}`;
  const at = (pointer: string) => valueAt(said, pointer);
  const roots = [at(settings.roots)].flat().filter((root) => typeof root === 'string');
  const checks: [boolean, string][] = [
    [
      localPath(at(settings.url)) === localPath(place),
      `${settings.url} must be ${place}, where the manifest is packed`,
    ],
    [at(settings.allowed) === true, `${settings.allowed} must be true: the manifest has a local path`],
    ...[...new Set([place, ...localUrls(value)])].map((url): [boolean, string] => [
      roots.some((root) => isBelow(root, localPath(url))),
      `${oneLine(url)} is in no folder of ${settings.roots}`,
    ]),
    [
      settings.sha256 === undefined || at(settings.sha256) === manifest.sha256,
      `${settings.sha256} must be ${manifest.sha256}, the SHA-256 of the packed manifest`,
    ],
  ];
  return checks.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

function inputProblem({ input }: ManifestEntry, message: string): Problem {
  return { path: `build.manifest.${input}`, message };
}

/** Lists the local URLs that a manifest names. */
function localUrls(value: unknown): string[] {
  if (typeof value === 'string') return /^file:/i.test(value) ? [value] : [];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(localUrls) : [];
}

/** Gives the path of a local URL, without `..`; null where it is none. */
function localPath(url: unknown): string | null {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed?.protocol !== 'file:' || parsed.host !== '') return null;
  try {
    return path.posix.normalize(decodeURIComponent(parsed.pathname));
  } catch {
    return null;
  }
}

function isBelow(root: string, file: string | null): boolean {
  return file !== null && file.startsWith(`${path.posix.resolve(workspace, root).replace(/\/$/, '')}/`);
}
