import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { Ports } from './ports/index.ts';
import { requireProvenance } from './provenance/index.ts';

/**
 * Finds the commit of an artifact of which only the image is known: the registry tells it, else the provenance that the
 * catalog asks for. Empty if nothing does.
 */
export async function commitOfArtifact(
  ports: Pick<Ports, 'attestations' | 'builds' | 'catalog'>,
  entry: Pick<CatalogEntry, 'build' | 'provenance' | 'repository'>,
  artifact: Artifact,
): Promise<string> {
  const { build, provenance } = entry;
  const { image, commit } = artifact;
  const known = commit === '' && build ? await ports.builds.commitOf(build, image) : commit;
  if (known !== '' || !provenance) return known;
  return (await requireProvenance(ports, entry, provenance, artifact)).commit;
}
