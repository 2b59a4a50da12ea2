import { createHash } from 'node:crypto';
import type { Attestor } from '../contract/catalog/provenance.ts';
import type { CatalogProblem, LoadedService } from './load.ts';
import { readNamedFile } from './named-file.ts';

/** Says why the content of a trusted root does not count; null if it is what the catalog pins. */
export function trustedRootProblem(
  { file, sha256 }: NonNullable<Attestor['trustedRoot']>,
  text: string | null,
): string | null {
  if (text === null) return `the catalog has no file ${file}`;
  const found = createHash('sha256').update(text).digest('hex');
  return found === sha256 ? null : `${file} has the SHA-256 ${found}, and not the one that the catalog pins`;
}

/** Finds trusted roots that are not there, or not what is pinned: nothing could be released by them. */
export async function trustedRootProblems(
  folder: string,
  services: Iterable<LoadedService>,
): Promise<CatalogProblem[]> {
  const problems: CatalogProblem[] = [];
  for (const { file, entry } of services)
    for (const [index, { trustedRoot }] of (entry.provenance?.attestors ?? []).entries()) {
      if (!trustedRoot) continue;
      const message = trustedRootProblem(trustedRoot, await readNamedFile(folder, trustedRoot.file));
      const where = `provenance.attestors.${index}.trustedRoot`;
      if (message !== null) problems.push({ file, line: 1, path: where, message });
    }
  return problems;
}
