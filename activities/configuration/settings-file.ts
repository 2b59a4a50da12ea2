import path from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import { parseDocument } from 'yaml';

/** Reads a file of settings. A failure says where it is, and never quotes the file (invariant I9). */
export function parseSettings(file: string, text: string): { value: unknown } | { problem: string } {
  return path.extname(file) === '.toml' ? fromToml(text) : fromYaml(text);
}

function fromToml(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: parseToml(text) };
  } catch (error) {
    // Its message quotes the line.
    return { problem: error instanceof TomlError ? `line ${error.line} is no TOML` : 'it is no TOML' };
  }
}

/** JSON is YAML, too. */
function fromYaml(text: string): { value: unknown } | { problem: string } {
  const document = parseDocument(text, { logLevel: 'silent' });
  const [first] = document.errors;
  if (first) return { problem: `line ${first.linePos?.[0].line ?? 1} cannot be read (${first.code})` };
  try {
    return { value: document.toJS({ maxAliasCount: 50 }) };
  } catch {
    return { problem: 'it repeats its aliases too often' };
  }
}
