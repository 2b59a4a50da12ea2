import type { Signer } from './catalog/approval-policy.ts';

/** People by role, as a catalog lists them. */
export type Owners = Record<string, string[]>;

/** The role that a message names to break the glass: nobody does it by mistake. */
export const breakGlassRole = 'break-glass';

/** Says loudly that the glass was broken: nobody has proven who it was. */
export function claimedBreakGlass(what: string): string {
  return `BREAK-GLASS, claimed and not proven: ${what}`;
}

/**
 * Brings an address into the form that is compared and signed. Case, blanks around it, invisible characters and
 * look-alike forms of one letter (full width, ligatures) do not make another person.
 */
export function canonicalPerson(address: string): string {
  return address
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();
}

export function samePerson(a: string, b: string): boolean {
  return canonicalPerson(a) === canonicalPerson(b);
}

/** Says whether a person holds a role. Only addresses that the catalog lists count, never a pattern. */
export function holdsRole(owners: Owners, role: string, person: string): boolean {
  return holdersOf(owners, role).some((owner) => samePerson(owner, person));
}

/** A role may have the name of what every object has, such as `constructor`. */
function holdersOf(owners: Owners, role: string): string[] {
  return Object.hasOwn(owners, role) ? (owners[role] ?? []) : [];
}

/** Finds the roles of a person, of those asked for. */
export function rolesOf(owners: Owners, roles: readonly string[], person: string): string[] {
  return roles.filter((role) => holdsRole(owners, role, person));
}

/** Lists the people of some roles, each once. */
export function peopleOf(owners: Owners, roles: readonly string[]): string[] {
  return askedPeople(askedRoles(owners, roles));
}

/** Names a role that something is asked of, with those of its people who can answer. */
export interface AskedRole {
  role: string;
  people: string[];
}

/** Names roles with all of their people. */
export function askedRoles(owners: Owners, roles: readonly string[]): AskedRole[] {
  return roles.map((role) => ({ role, people: holdersOf(owners, role) }));
}

/** Lists the people who are asked, each once. */
export function askedPeople(asked: readonly AskedRole[]): string[] {
  return [...new Set(asked.flatMap(({ people }) => people))];
}

/** Finds the public keys of a person. */
export function keysOf(keys: readonly Signer[], person: string): string[] {
  return keys.filter(({ by }) => samePerson(by, person)).map(({ key }) => key);
}

/** Names the roles that answer for the schema; without a data owner the operators do (invariant I8). */
export function schemaRoles({
  owners,
  settings,
}: {
  owners: Owners;
  settings: { operators: readonly string[] };
}): readonly string[] {
  return owners['data-owner'] ? ['data-owner'] : settings.operators;
}
