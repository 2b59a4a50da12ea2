/** Proof that a person has signed a text. */
export interface Signatures {
  /**
   * Whether an armored SSH signature over this text was made with one of these public keys; says why not. Throws when
   * that cannot be found out: what is not known is no yes (invariant I10).
   */
  verify(request: SignatureCheck): Promise<{ valid: true } | { valid: false; reason: string }>;
}

export interface SignatureCheck {
  text: string;
  signature: string;
  /** Lines of OpenSSH public keys. */
  keys: readonly string[];
}
