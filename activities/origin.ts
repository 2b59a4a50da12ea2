import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { ArtifactOrigin } from '../contract/origin.ts';
import type { Ports } from './ports/index.ts';
import { requireProvenance } from './provenance/index.ts';

/**
 * Finds what an artifact rests on that is to be released. Where the catalog asks for a provenance, one has to verify;
 * else what is found stops no release, so nobody waits for it.
 */
export async function originOf(
  ports: Pick<Ports, 'attestations' | 'builds' | 'catalog'>,
  entry: Pick<CatalogEntry, 'build' | 'provenance' | 'repository'>,
  artifact: Artifact,
): Promise<ArtifactOrigin> {
  const { build, provenance, repository } = entry;
  if (provenance) {
    const { by, builder, build: named } = await requireProvenance(ports, entry, provenance, artifact);
    return { kind: 'attested', by, builder, build: named };
  }
  if (!build || artifact.commit === '') return { kind: 'image' };
  try {
    const id = await ports.builds.builtBy(build, repository, artifact);
    return id === null ? { kind: 'tag' } : { kind: 'build', build: id };
  } catch (error) {
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
}
