import type { CatalogFile } from '../../contract/catalog.ts';

/** An address as it is compared: case, surrounding blanks and look-alike forms of one letter do not make another person. */
export function samePerson(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** Whether a person holds a role: only addresses that the catalog lists, never a pattern. */
export function holdsRole(owners: CatalogFile['owners'], role: string, person: string): boolean {
  return (owners[role] ?? []).some((owner) => samePerson(owner, person));
}

/** Roles of a person, of those asked for. */
export function rolesOf(owners: CatalogFile['owners'], roles: readonly string[], person: string): string[] {
  return roles.filter((role) => holdsRole(owners, role, person));
}

/** The people of some roles, each once. */
export function peopleOf(owners: CatalogFile['owners'], roles: readonly string[]): string[] {
  return [...new Set(roles.flatMap((role) => owners[role] ?? []))];
}

function canonical(address: string): string {
  return address.normalize('NFKC').trim().toLowerCase();
}
