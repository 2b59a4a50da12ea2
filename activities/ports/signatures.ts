/** Proves that a person has signed a text. */
export interface Signatures {
  /**
   * Verifies that one of these keys signed this text and answers its fingerprint, or says why not. Throws if that
   * cannot be found out: what is not known is no yes (invariant I10).
   */
  verify(request: SignatureCheck): Promise<{ valid: true; fingerprint: string } | { valid: false; reason: string }>;
}

export interface SignatureCheck {
  text: string;
  signature: string;
  /** Lines of OpenSSH public keys. */
  keys: readonly string[];
}
