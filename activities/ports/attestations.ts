import type { AttestationStore } from '../../contract/catalog/provenance.ts';

/** Holds an attestation as somebody has stored it: nothing of it is believed before it is verified. */
export interface StoredAttestation {
  /** Where it was found, for people; empty for all places. */
  place: string;
  /** A Sigstore bundle as JSON; null or absent for what has no such form. */
  bundle?: unknown;
  /** Why it was not read. */
  problem?: string;
}

/** Finds attestations of images where tools leave them. */
export interface Attestations {
  /** Lists those of an image by digest in these stores. What is not there is no failure; who does not answer is. */
  find(image: string, stores: readonly AttestationStore[]): Promise<StoredAttestation[]>;
}
