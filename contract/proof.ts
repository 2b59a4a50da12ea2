import { z } from 'zod';

const text = z.string();

/** Names the key that has signed, and the catalog that said whose it is: both may be gone when somebody looks. */
export const verifiedKey = z.object({
  /** Fingerprint, as `ssh-keygen -l` writes it. */
  key: text,
  /** Hash of the catalog entry by which it was judged. */
  catalog: text,
});
export type VerifiedKey = z.infer<typeof verifiedKey>;

/** Holds what somebody needs to verify a signed message again, years later. */
export const proof = verifiedKey.extend({ statement: text, signature: text });
export type Proof = z.infer<typeof proof>;

/** Records a person's decision about a parked step. */
export const decisionRecord = z.object({
  at: text,
  step: text,
  action: text,
  by: text,
  said: text,
  /** Absent where nobody has proven who it was: `by` is what the message claims. */
  proof: proof.optional(),
});
export type DecisionRecord = z.infer<typeof decisionRecord>;
