/** Keeps the manifests of a change's evidence, by their hashes, oldest first: each attempt has one. */
export class EvidenceRecord {
  private readonly hashes: string[] = [];

  get manifests(): readonly string[] {
    return this.hashes;
  }

  add(hash: string): void {
    this.hashes.push(hash);
  }
}
