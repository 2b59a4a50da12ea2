import type { Signer } from '../../contract/catalog/approval-policy.ts';
import { holdsRole, keysOf, peopleOf, samePerson, type Owners } from '../../contract/people.ts';

/** Knows who holds which role and whose keys count, as the catalog says it now. */
export class People {
  private owners: Owners;
  private signers: readonly Signer[];

  constructor(owners: Owners, signers: readonly Signer[] = []) {
    this.owners = owners;
    this.signers = signers;
  }

  /** Takes over the catalog as it is now. */
  update({ owners, signers }: { owners: Owners; signers: readonly Signer[] }): void {
    this.owners = owners;
    this.signers = signers;
  }

  holds(role: string, person: string): boolean {
    return holdsRole(this.owners, role, person);
  }

  /** Answers everybody who holds one of these roles, each once. */
  holders(roles: readonly string[]): string[] {
    return peopleOf(this.owners, roles);
  }

  hasKey(person: string): boolean {
    return keysOf([...this.signers], person).length > 0;
  }

  /** Answers the keys of some people. */
  keys(people: readonly string[]): Signer[] {
    return this.signers.filter(({ by }) => people.some((person) => samePerson(person, by)));
  }
}
