import path from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import { parseDocument } from 'yaml';
import type { CatalogFile } from '../../contract/catalog/catalog.ts';
import type { Sources } from '../ports/index.ts';

/** What a file of settings says, or why it cannot be read. */
export type ReadSettings = { value: unknown } | { problem: string };

/** Reads a file of settings of a commit. A problem says where it is, and never quotes the file (invariant I9). */
export async function readSettings(
  sources: Pick<Sources, 'file'>,
  repository: CatalogFile['repository'],
  commit: string,
  file: string,
): Promise<ReadSettings> {
  const text = await sources.file(repository, commit, file);
  if (text === null) return { problem: `commit ${commit.slice(0, 12)} does not have it` };
  return path.extname(file) === '.toml' ? fromToml(text) : fromYaml(text);
}

function fromToml(text: string): ReadSettings {
  try {
    return { value: parseToml(text) };
  } catch (error) {
    // Its message quotes the line.
    return { problem: error instanceof TomlError ? `line ${error.line} is no TOML` : 'it is no TOML' };
  }
}

/** JSON is YAML, too. */
function fromYaml(text: string): ReadSettings {
  const document = parseDocument(text, { logLevel: 'silent' });
  const [first] = document.errors;
  if (first) return { problem: `line ${first.linePos?.[0].line ?? 1} cannot be read (${first.code})` };
  try {
    return { value: document.toJS({ maxAliasCount: 50 }) };
  } catch {
    return { problem: 'it repeats its aliases too often' };
  }
}
