/** Says why an attestation proves nothing; the message is for people. */
export class ProvenanceProblem extends Error {
  override readonly name = 'ProvenanceProblem';
}
