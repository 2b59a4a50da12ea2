import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { keepsAttestations, type Attestor, type ProvenanceEntry } from '../../contract/catalog/provenance.ts';
import { trustedRootProblem } from '../../catalog/trusted-roots.ts';
import { activityAgeMs, finalFailure, passingFailure } from '../failure.ts';
import { oneLine } from '../one-line.ts';
import type { StoredAttestation } from '../ports/attestations.ts';
import type { Ports } from '../ports/index.ts';
import { ProvenanceProblem } from './problem.ts';
import { repositoryName } from './repository-name.ts';
import { describeAttestor, verifySignature, type SignedStatement } from './signature.ts';
import { readProvenance } from './statement.ts';

/** Holds what a provenance that counts says of an artifact. */
export interface AttestedBuild {
  /** Who attests it, for people. */
  by: string;
  builder: string;
  /** How the builder names the build; null if it does not. */
  build: string | null;
  /** The commit of the repository that was built. */
  commit: string;
}

/** Names what has to be attested. */
interface Claim {
  artifact: Artifact;
  repository: string;
}

const shownProblems = 3;

/**
 * Requires a provenance that verifies by what the catalog pins, and that says of this digest what the plan says:
 * repository and commit. Where the commit is not known, the provenance tells it. A registry that does not answer says
 * nothing against the artifact, so that is waited for.
 */
export async function requireProvenance(
  { attestations, catalog }: Pick<Ports, 'attestations' | 'catalog'>,
  { repository }: Pick<CatalogEntry, 'repository'>,
  provenance: ProvenanceEntry,
  artifact: Artifact,
): Promise<AttestedBuild> {
  const { attestors, source = repository.url, arrivesWithinSeconds } = provenance;
  const [roots, stored] = await Promise.all([
    Promise.all(attestors.map((attestor) => trustedRootOf(catalog, attestor))),
    attestations.find(artifact.image, [...new Set(attestors.map(({ store }) => store))]),
  ]);
  const problems: string[] = [];
  for (const attestation of stored) {
    const found = judge(attestation, attestors, roots, { artifact, repository: source });
    if (typeof found !== 'string') return found;
    problems.push(`${attestation.place} ${found}`.trim());
  }
  const isAsked = keepsAttestations(artifact.image);
  const found = isAsked ? describeProblems(problems) : `the registry of ${artifact.image} is not one that is asked`;
  const why = `${artifact.digest} has no provenance that counts: ${found}`;
  if (isAsked && activityAgeMs() < arrivesWithinSeconds * 1_000) throw passingFailure(why);
  throw finalFailure('GateFailed', why);
}

/** Reads the file of an attestor's trusted root; null for a key. Another content than was pinned is refused. */
async function trustedRootOf({ file }: Ports['catalog'], { trustedRoot }: Attestor): Promise<string | null> {
  if (!trustedRoot) return null;
  const text = await file(trustedRoot.file);
  const problem = trustedRootProblem(trustedRoot, text);
  if (problem !== null) throw finalFailure('Denied', problem);
  return text;
}

/** Answers what an attestation proves, or why it does not count: what is signed by an attestor is told first. */
function judge(
  { bundle, problem }: StoredAttestation,
  attestors: readonly Attestor[],
  roots: readonly (string | null)[],
  claim: Claim,
): AttestedBuild | string {
  if (problem !== undefined) return problem;
  const unsigned: string[] = [];
  const unproven: string[] = [];
  for (const [index, attestor] of attestors.entries()) {
    const signed = orProblem(() => verifySignature(bundle, attestor, roots[index] ?? null));
    if (typeof signed === 'string') {
      unsigned.push(signed);
      continue;
    }
    const found = orProblem(() => judgeStatement(signed, attestor, claim));
    if (typeof found !== 'string') return { by: describeAttestor(attestor), ...found };
    unproven.push(found);
  }
  return unproven[0] ?? unsigned[0] ?? 'is signed by nobody';
}

/** Answers the message of a problem in place of a result. Everything else is a fault of ours. */
function orProblem<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProvenanceProblem) return error.message;
    throw error;
  }
}

/** Compares a statement, whose signature is known by now, with what is to be released. */
function judgeStatement(
  { payload, certified }: SignedStatement,
  attestor: Attestor,
  { artifact, repository }: Claim,
): Omit<AttestedBuild, 'by'> {
  const { digests, builder, sources, build } = readProvenance(payload);
  if (!digests.some((digest) => `sha256:${digest}` === artifact.digest))
    throw new ProvenanceProblem('is about another digest');
  if (builder !== attestor.builder) throw new ProvenanceProblem(`names another builder: ${oneLine(builder)}`);
  const name = repositoryName(repository);
  const commits = new Set(sources.filter(({ uri }) => repositoryName(uri) === name).map(({ commit }) => commit));
  const [commit, ...others] = commits;
  if (!commit) throw new ProvenanceProblem(`names no commit of ${repository}, but ${describeSources(sources)}`);
  if (others.length > 0) throw new ProvenanceProblem(`names several commits of ${repository}`);
  if (artifact.commit !== '' && commit !== artifact.commit)
    throw new ProvenanceProblem(`is about commit ${oneLine(commit)}, and not about ${artifact.commit}`);
  if (certified.commit !== '' && repositoryName(certified.repository) === name && certified.commit !== commit)
    throw new ProvenanceProblem(`names commit ${oneLine(commit)}, but its certificate ${oneLine(certified.commit)}`);
  return { builder: oneLine(builder), build: build === null ? null : oneLine(build), commit };
}

function describeSources(sources: readonly { uri: string }[]): string {
  return (
    sources
      .map(({ uri }) => oneLine(uri))
      .slice(0, shownProblems)
      .join(', ') || 'no source'
  );
}

function describeProblems(problems: readonly string[]): string {
  if (problems.length === 0) return 'nothing attests it';
  const more = problems.length - shownProblems;
  return [...problems.slice(0, shownProblems), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
