import { describe, expect, it } from 'vitest';
import { catalogFile } from '../../contract/catalog/catalog.ts';
import { problemsOf } from '../../contract/failures.ts';
import { holdsRole, peopleOf } from '../../contract/people.ts';
import { keys } from './keys.ts';

const file = {
  service: 'example',
  description: 'an example',
  repository: { url: 'https://git.example.com/example.git', branch: 'main' },
  owners: { 'release-owner': ['ann@example.com', 'bob@example.com'], 'data-owner': ['dora@example.com'] },
  environments: {
    production: {
      target: { kind: 'cloudRun', project: 'example-project', region: 'us-central1', service: 'example' },
      approvals: { required: [{ role: 'release-owner' }] },
      smoke: [{ name: 'health', path: '/healthz' }],
      bake: { seconds: 1 },
      operators: ['release-owner'],
    },
  },
};

function problems(changes: object, place: object = {}, approvals: object = {}): string[] {
  const { production } = file.environments;
  const changed = {
    ...file,
    ...changes,
    environments: { production: { ...production, ...place, approvals: { ...production.approvals, ...approvals } } },
  };
  const parsed = catalogFile.safeParse(changed);
  return parsed.success ? [] : problemsOf(parsed.error).map(({ path, message }) => `${path}: ${message}`);
}

const twice = [{ role: 'release-owner' }, { role: 'release-owner' }];
const signed = { identity: 'signed' };
const at = 'environments.production.';

describe('the catalog’s policy of approvals', () => {
  it.each(Object.entries(keys))('takes a public key of kind %s, with or without its comment', (_kind, key) => {
    expect(problems({ signers: [{ by: 'ann@example.com', key }] }, {}, signed)).toEqual([]);
    expect(problems({ signers: [{ by: 'ann@example.com', key: `${key} ann's laptop` }] })).toEqual([]);
  });

  it.each([
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['another kind than its name', keys.ed25519.replace('ssh-ed25519', 'ssh-rsa')],
    ['a key that is cut off', keys.ed25519.slice(0, -4)],
    ['a second line', `${keys.ed25519}\n* ${keys.ed25519}`],
    ['options before the key', `cert-authority ${keys.ed25519}`],
  ])('refuses %s', (_what, key) => {
    expect(problems({ signers: [{ by: 'ann@example.com', key }] })).toEqual([
      expect.stringContaining('signers.0.key: must be a line of an OpenSSH public key'),
    ]);
  });

  it('wants every signer to hold a role, and every key to be one person’s', () => {
    const signers = [
      { by: 'ann@example.com', key: keys.ed25519 },
      { by: 'eve@example.com', key: keys.ed25519Other },
      { by: 'bob@example.com', key: `${keys.ed25519} copied` },
    ];
    expect(problems({ signers })).toEqual([
      'signers.1.by: eve@example.com holds no role: add them under owners',
      'signers.2.key: is also the key of ann@example.com: give each person their own key',
    ]);
    expect(
      problems({
        signers: [
          { by: 'ANN@example.com', key: keys.ed25519 },
          { by: 'ann@example.com', key: keys.rsa },
        ],
      }),
    ).toEqual([]);
  });

  it('wants people with keys wherever signatures are asked for', () => {
    const signers = [{ by: 'ann@example.com', key: keys.ed25519 }];
    expect(problems({ signers }, {}, signed)).toEqual([]);
    expect(problems({}, {}, signed)).toEqual([
      expect.stringContaining('role release-owner has too few people with a key: 0'),
    ]);
    expect(problems({ signers }, {}, { ...signed, required: [{ role: 'release-owner', count: 2 }] })).toEqual([
      expect.stringContaining('people with a key: 1, needed 2'),
    ]);
    expect(problems({ signers }, {}, { ...signed, signOffs: { migration: [{ role: 'data-owner' }] } })).toEqual([
      expect.stringContaining('role data-owner has too few people with a key: 0'),
    ]);
  });

  it.each([
    ['required', {}, { required: [{ role: 'nobody' }] }, 'approvals.required.0.role'],
    ['rollback', {}, { rollback: [{ role: 'nobody' }] }, 'approvals.rollback.0.role'],
    ['breakGlass', {}, { breakGlass: ['nobody'] }, 'approvals.breakGlass.0'],
    [
      'signOffs.migration',
      {},
      { signOffs: { migration: [{ role: 'nobody' }] } },
      'approvals.signOffs.migration.0.role',
    ],
    ['signOffs.smoke', {}, { signOffs: { smoke: [{ role: 'nobody' }] } }, 'approvals.signOffs.smoke.0.role'],
    ['operators', { operators: ['nobody'] }, {}, 'operators.0'],
    ['starts', { starts: ['nobody'] }, {}, 'starts.0'],
  ])('finds a role without people in %s', (_where, place, approvals, path) => {
    expect(problems({}, place, approvals)).toEqual([`${at}${path}: nobody holds the role nobody: add it under owners`]);
  });

  it.each([
    ['required', { required: twice }],
    ['rollback', { rollback: twice }],
    ['signOffs.migration', { signOffs: { migration: twice } }],
    ['signOffs.smoke', { signOffs: { smoke: twice } }],
  ])('refuses a role twice in %s: one person would meet both', (where, approvals) => {
    expect(problems({}, {}, approvals)).toEqual([
      `${at}approvals.${where}.1.role: release-owner is here twice: for two people of it say count: 2`,
    ]);
  });

  it.each(['constructor', 'nobody'])('finds that nobody holds the role %s', (role) => {
    expect(problems({}, { operators: [role] })).toEqual([
      `${at}operators.0: nobody holds the role ${role}: add it under owners`,
    ]);
    expect(holdsRole(file.owners, role, 'ann@example.com')).toBe(false);
    expect(peopleOf(file.owners, [role])).toEqual([]);
  });
});
