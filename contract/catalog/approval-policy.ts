import { z } from 'zod';
import { breakGlassRole, keysOf, peopleOf, rolesOf, samePerson, type Owners } from '../people.ts';
import type { RequiredApproval } from '../plan.ts';

/** Describes the people who may start, approve and sign off, and how they prove who they are (runbook 004, owners). */

const role = z
  .string('must be a role')
  .regex(
    /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/,
    'must be lower-case letters, digits and dashes, begin with a letter, at most 50 characters',
  )
  .refine((name) => name !== breakGlassRole, `${breakGlassRole} is a reserved name; give the role another name`)
  .meta({ title: 'role' });
const count = z
  .number('must be a number of people')
  .int('must be a number of people')
  .min(1, 'at least 1')
  .max(10, 'at most 10')
  .meta({ title: 'number of people' });
/** Asks for people of roles. */
export const required = z
  .array(
    z
      .strictObject({
        role: role.describe('A role of `owners`.'),
        count: count.default(1).describe('How many different people of it.'),
      })
      .meta({ id: 'requiredApproval', title: 'People of a role', description: 'How many people of a role are asked.' }),
  )
  .check(({ value, issues }) => {
    const roles = value.map((one) => one.role);
    for (const [index, name] of roles.entries())
      // One person would meet both: an approval counts for its role, not for a line here.
      if (roles.indexOf(name) < index)
        issues.push({
          code: 'custom',
          input: value,
          path: [index, 'role'],
          message: `${name} is here twice: for two people of it say count: 2`,
        });
  });

const base64 = '[A-Za-z0-9+/]';
/** A line of a public key. Each kind begins with its own name, length first, so its base64 begins alike. */
const publicKey = z
  .string('must be a public key')
  .regex(
    new RegExp(
      `^(${[
        `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${base64}{43}`,
        `sk-ssh-ed25519@openssh\\.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t${base64}{40,400}={0,2}`,
        `ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY${base64}{80,300}={0,2}`,
        `ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ${base64}{80,300}={0,2}`,
        `ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE${base64}{80,300}={0,2}`,
        'sk-ecdsa-sha2-nistp256@openssh\\.com ' +
          `AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20${base64}{80,400}={0,2}`,
        `ssh-rsa AAAAB3NzaC1yc2E${base64}{350,2800}={0,2}`,
      ].join('|')})( [^\\r\\n]{0,200})?$`,
    ),
    'must be a line of an OpenSSH public key, such as: ssh-ed25519 AAAA… (cat ~/.ssh/id_ed25519.pub); ' +
      'RSA from 2048 bits on',
  )
  .meta({ title: 'line of a public key' });

/** Public keys of people. Whoever holds the private half is that person. */
export const signers = z.array(
  z.strictObject({
    by: z
      .string('must be an address')
      .min(3, 'must be an address')
      .max(200, 'at most 200 characters')
      .meta({ title: 'address', description: 'The person. They hold a role of `owners`.' }),
    key: publicKey.describe('A line of an OpenSSH public key, as in `~/.ssh/id_ed25519.pub`. RSA from 2048 bits on.'),
  }),
);

export const approvals = z
  .strictObject({
    required: required
      .describe('People who must approve the plan of a deploy or promotion. An empty list: nobody is asked.')
      .meta({ examples: [[{ role: 'release-owner' }]] }),
    // A rollback is never blocked (invariant I6).
    rollback: required.default([]).describe('People who must approve a rollback. Best nobody.'),
    requesterMayApprove: z
      .boolean('must be true or false')
      .default(false)
      .describe('True if whoever started a change may approve it, too.'),
    expiresAfterMinutes: z
      .number('must be a number of minutes')
      .int('must be a number of minutes')
      .min(1, 'at least 1')
      .max(43_200, 'at most 43200')
      .default(1440)
      .meta({ title: 'number of minutes', description: 'A change that nobody has approved by then ends as Expired.' }),
    identity: z
      .enum(['claimed', 'signed'], 'must be claimed or signed')
      .optional()
      .describe(
        '`claimed`: a person is who the message says. `signed`: a key of `signers` has signed the message. Default: ' +
          '`claimed`.',
      ),
    remindEveryMinutes: z
      .number('must be a number of minutes')
      .min(0.05, 'at least 0.05')
      .max(10_080, 'at most 10080')
      .optional()
      .meta({
        title: 'number of minutes, may be a fraction',
        description:
          'Time between two reminders while people are asked. The live service is read again each time. After 48 of ' +
          'them they become fewer. Default: no reminders.',
      }),
    breakGlass: z
      .array(role)
      .optional()
      .describe('Roles of which one person may ask for a rollback unsigned, and approve it alone. Default: nobody.'),
    // Runbook 004, owners.
    signOffs: z
      .strictObject({
        migration: required.optional().describe('Of what the migration has done, read back.'),
        smoke: required.optional().describe('Of what the smoke of the candidate has seen.'),
      })
      .optional()
      .describe('People who must sign off what a step has done before the change goes on.'),
  })
  .meta({ id: 'approvals', title: 'Approvals', description: 'Who must approve what happens here.' });

/** Roles that may start a change here; everybody whom the catalog lists where it is not said. */
export const starts = z.array(role).min(1, 'must name a role');

export type ApprovalPolicy = z.infer<typeof approvals>;
export type Signer = z.infer<typeof signers>[number];

interface PolicySettings {
  approvals: ApprovalPolicy;
  operators: string[];
  starts?: string[];
  drill?: { approvals: RequiredApproval[] };
}

interface PolicyFile {
  owners: Owners;
  signers?: Signer[];
  environments: Record<string, PolicySettings>;
}

type Path = (string | number)[];

interface PolicyProblem {
  path: Path;
  message: string;
}

/**
 * Finds the problems that no single field shows: roles without people, keys without a role, a policy that nobody can
 * satisfy.
 */
export function policyProblems({ owners, signers: keys = [], environments }: PolicyFile): PolicyProblem[] {
  return [
    ...rolesUsed(environments)
      .filter(([, name]) => !Object.hasOwn(owners, name))
      .map(([path, name]) => ({ path, message: `nobody holds the role ${name}: add it under owners` })),
    ...keys.flatMap((signer, index) => signerProblems(signer, index, keys, owners)),
    ...Object.entries(environments).flatMap(([name, settings]) =>
      unsignable(settings, owners, keys).map((message) => ({
        path: ['environments', name, 'approvals', 'identity'],
        message,
      })),
    ),
  ];
}

/** Lists the roles that may start a change in an environment. */
export function startersOf({ starts: roles }: Pick<PolicySettings, 'starts'>, owners: Owners): string[] {
  return roles ?? Object.keys(owners);
}

function signerProblems({ by, key }: Signer, index: number, keys: Signer[], owners: Owners): PolicyProblem[] {
  const twin = keys.slice(0, index).find((other) => material(other.key) === material(key) && !samePerson(other.by, by));
  return [
    ...(rolesOf(owners, Object.keys(owners), by).length === 0
      ? [{ path: ['signers', index, 'by'], message: `${by} holds no role: add them under owners` }]
      : []),
    ...(twin
      ? [
          {
            path: ['signers', index, 'key'],
            message: `is also the key of ${twin.by}: give each person their own key`,
          },
        ]
      : []),
  ];
}

/** Names the roles that have too few people with a key. */
function unsignable({ approvals: policy, drill }: PolicySettings, owners: Owners, keys: Signer[]): string[] {
  if (policy.identity !== 'signed') return [];
  const required = [
    ...policy.required,
    ...policy.rollback,
    ...(policy.signOffs?.migration ?? []),
    ...(policy.signOffs?.smoke ?? []),
    ...(drill?.approvals ?? []),
  ];
  const needed = new Map<string, number>();
  for (const one of required) needed.set(one.role, Math.max(needed.get(one.role) ?? 0, one.count));
  return [...needed]
    .map(([name, count]) => ({
      name,
      count,
      have: peopleOf(owners, [name]).filter((person) => keysOf(keys, person).length > 0).length,
    }))
    .filter(({ name, count, have }) => Object.hasOwn(owners, name) && have < count)
    .map(
      ({ name, count, have }) =>
        `signed, but role ${name} has too few people with a key: ${have}, needed ${count}; add keys under signers`,
    );
}

/** Reads the key without its comment. */
function material(key: string): string {
  return key.split(' ', 2).join(' ');
}

function rolesUsed(environments: Record<string, PolicySettings>): [path: Path, role: string][] {
  return Object.entries(environments).flatMap(([name, settings]) => {
    const { approvals: policy, operators, starts: starters = [], drill } = settings;
    const at = (...path: Path): Path => ['environments', name, ...path];
    const rolesIn = (list: { role: string }[] | undefined, ...path: Path) =>
      (list ?? []).map((one, index): [Path, string] => [at('approvals', ...path, index, 'role'), one.role]);
    const named = (list: string[] | undefined, ...path: Path) =>
      (list ?? []).map((one, index): [Path, string] => [at(...path, index), one]);
    return [
      ...rolesIn(policy.required, 'required'),
      ...rolesIn(policy.rollback, 'rollback'),
      ...rolesIn(policy.signOffs?.migration, 'signOffs', 'migration'),
      ...rolesIn(policy.signOffs?.smoke, 'signOffs', 'smoke'),
      ...(drill?.approvals ?? []).map((one, index): [Path, string] => [
        at('drill', 'approvals', index, 'role'),
        one.role,
      ]),
      ...named(policy.breakGlass, 'approvals', 'breakGlass'),
      ...named(operators, 'operators'),
      ...named(starters, 'starts'),
    ];
  });
}
