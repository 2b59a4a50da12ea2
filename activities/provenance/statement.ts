import { z } from 'zod';
import { ProvenanceProblem } from './problem.ts';

/** A source that a build was made of, as its provenance names it. */
export interface BuildSource {
  uri: string;
  /** Full SHA; empty for what is not of a repository. */
  commit: string;
}

/** Holds what a provenance says of a build. */
export interface Provenance {
  /** SHA-256 of what was built, as hexadecimal digits. */
  digests: string[];
  builder: string;
  sources: BuildSource[];
  /** How the builder names the build; null if it does not. */
  build: string | null;
}

const source = z.object({ uri: z.string().default(''), digest: z.record(z.string(), z.string()).default({}) });

const statement = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicateType: z.string(),
  predicate: z.unknown(),
});

/** SLSA 1.0: GitHub, Cloud Build, slsa-github-generator. Specification: https://slsa.dev/spec/v1.0/provenance */
const slsa1 = z.object({
  buildDefinition: z.object({ resolvedDependencies: z.array(source).default([]) }),
  runDetails: z.object({
    builder: z.object({ id: z.string() }),
    metadata: z.object({ invocationId: z.string().optional() }).optional(),
  }),
});

/** SLSA 0.2: what most builders wrote before. Specification: https://slsa.dev/spec/v0.2/provenance */
const slsa02 = z.object({
  builder: z.object({ id: z.string() }),
  invocation: z.object({ configSource: source.optional() }).optional(),
  materials: z.array(source).default([]),
  metadata: z.object({ buildInvocationId: z.string().optional() }).optional(),
});

const readers: Record<string, (predicate: unknown) => Omit<Provenance, 'digests'>> = {
  'https://slsa.dev/provenance/v1': (predicate) => {
    const { buildDefinition, runDetails } = slsa1.parse(predicate);
    return {
      builder: runDetails.builder.id,
      sources: buildDefinition.resolvedDependencies.map(sourceOf),
      build: runDetails.metadata?.invocationId ?? null,
    };
  },
  'https://slsa.dev/provenance/v0.2': (predicate) => {
    const { builder, invocation, materials, metadata } = slsa02.parse(predicate);
    const config = invocation?.configSource;
    return {
      builder: builder.id,
      sources: [...(config ? [config] : []), ...materials].map(sourceOf),
      build: metadata?.buildInvocationId ?? null,
    };
  },
};

/** Reads the statement that was signed. Specification: in-toto Attestation Framework, statement. */
export function readProvenance(payload: Buffer): Provenance {
  try {
    const { subject, predicateType, predicate } = statement.parse(JSON.parse(payload.toString('utf8')));
    const read = Object.hasOwn(readers, predicateType) ? readers[predicateType] : undefined;
    if (!read) throw new ProvenanceProblem(`is no provenance of a build, but ${predicateType}`);
    return { digests: subject.flatMap(({ digest }) => digest['sha256'] ?? []), ...read(predicate) };
  } catch (error) {
    if (error instanceof ProvenanceProblem) throw error;
    throw new ProvenanceProblem('has a statement that cannot be read');
  }
}

function sourceOf({ uri, digest }: z.infer<typeof source>): BuildSource {
  return { uri, commit: digest['gitCommit'] ?? digest['sha1'] ?? '' };
}
