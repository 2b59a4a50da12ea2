import { z } from 'zod';
import { checkKinds } from './catalog/gates.ts';
import { verdicts } from './verdict.ts';

/**
 * Describes the evidence of a release: what was checked before users got it, and the hash of everything that was kept
 * (runbook 002, sections 6 and 8). Auditors read it years later, so fields are only added.
 */

const text = z.string();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256');

/** A kept text, by its hash. `name` is for people: it is unique within a manifest. */
const evidenceFile = z.object({ name: text, sha256, bytes: z.number(), mediaType: text });
export type EvidenceFile = z.infer<typeof evidenceFile>;

/** What was expected at a JSON pointer and what stood there, both as JSON without secrets. */
const assertion = z.object({ at: text, expected: text, found: text, holds: z.boolean() });
export type Assertion = z.infer<typeof assertion>;

const evidenceCheck = z.object({
  name: text,
  kind: z.enum(checkKinds),
  verdict: z.enum(verdicts),
  reason: text,
  /** RFC 3339. */
  startedAt: text,
  endedAt: text,
  /** The program with its arguments, and the execution of the platform that ran it; only for a program. */
  command: z.array(text).optional(),
  execution: text.optional(),
  assertions: z.array(assertion),
  files: z.array(evidenceFile),
});
export type EvidenceCheck = z.infer<typeof evidenceCheck>;

export const evidenceManifest = z.object({
  version: z.literal(1),
  service: text,
  environment: text,
  change: text,
  /** How often the step had begun: each attempt has a manifest of its own. */
  attempt: z.number(),
  commit: text,
  image: text,
  digest: text,
  /** The candidate. */
  revision: text,
  /** Hashes of the plan and of the catalog entry. */
  plan: text,
  catalog: text,
  /** What the build packs of the commit into the image; absent where it packs nothing. */
  packed: z.object({ path: text, sha256 }).optional(),
  /** RFC 3339. */
  madeAt: text,
  verdict: z.enum(verdicts),
  checks: z.array(evidenceCheck),
  /** The section of the release notes. */
  notes: evidenceFile,
});
export type EvidenceManifest = z.infer<typeof evidenceManifest>;

/** Lists every kept text of a manifest. */
export function filesOf({ checks, notes }: EvidenceManifest): EvidenceFile[] {
  return [...checks.flatMap(({ files }) => files), notes];
}
