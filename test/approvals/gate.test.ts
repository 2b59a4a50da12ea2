import { describe, expect, it } from 'vitest';
import type { Plan } from '../../contract/plan.ts';
import { Approvals } from '../../workflows/approvals/approvals.ts';
import { World } from '../workflows/world.ts';
import { keys } from './keys.ts';

const at = '2026-03-01T12:00:00.000Z';
const until = '2026-03-01T18:00:00.000Z';
const plan = (digit: string) => ({ hash: digit.repeat(64) }) as Plan;
const owners = {
  'release-owner': ['ann@example.com', 'bob@example.com'],
  'data-owner': ['dora@example.com'],
  developer: ['dev@example.com'],
};

/** A gate that asks for the plan `aaaa…`, of a change that dev@example.com asked for. */
function gate(
  policy: object = {},
  kind: 'deploy' | 'rollback' = 'deploy',
  required = [{ role: 'release-owner', count: 1 }],
  requestedBy = 'dev@example.com',
) {
  const signers = [
    { by: 'ann@example.com', key: keys.ed25519 },
    { by: 'bob@example.com', key: keys.ed25519Other },
    { by: 'dora@example.com', key: keys.rsa },
  ];
  const world = new World(
    { approvals: { required, rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5, ...policy } },
    { owners, signers },
  );
  const approvals = new Approvals({ temporal: undefined, id: 'c0123456789', kind, entry: world.entry, requestedBy });
  approvals.ask({ gate: 'plan', plan: plan('a'), required, until });
  return approvals;
}

describe('the approval gate', () => {
  it.each([
    ['the requester', { by: 'dev@example.com' }, 'asked for this change'],
    ['the requester in other letters', { by: ' ＤＥＶ@example.com' }, 'asked for this change'],
    ['a stranger', { by: 'eve@example.com' }, 'does not hold release-owner'],
    ['somebody of another role', { by: 'dora@example.com' }, 'does not hold release-owner'],
    ['somebody who only looks like an owner', { by: 'аnn@example.com' }, 'does not hold release-owner'],
    ['a pattern', { by: '*@example.com' }, 'does not hold release-owner'],
    ['an owner for another plan', { by: 'ann@example.com', plan: 'b'.repeat(12) }, 'the plan is now aaaaaaaaaaaa'],
    [
      'an owner in a role that nobody asks for',
      { by: 'ann@example.com', role: 'data-owner' },
      'no approval by data-owner is needed',
    ],
    [
      'an owner who breaks the glass of a deploy',
      { by: 'ann@example.com', role: 'break-glass' },
      'break-glass is not possible here',
    ],
  ])('refuses %s', (_who, payload, reason) => {
    const approvals = gate({ breakGlass: ['release-owner'] });
    expect(() => approvals.approve(payload, at)).toThrow(reason);
    expect(approvals.granted).toEqual([]);
  });

  it('does not count an owner who asked for it, however the address is spelt, unless the policy says so', () => {
    for (const by of ['bob@example.com', 'BOB@example.com', 'ｂｏｂ@example.com'])
      expect(() => gate({}, 'deploy', undefined, 'Bob@Example.com').approve({ by }, at)).toThrow(
        'asked for this change',
      );
    const allowed = gate({ requesterMayApprove: true }, 'deploy', undefined, 'Bob@Example.com');
    allowed.approve({ by: 'bob@example.com' }, at);
    expect(allowed.tally?.missing()).toEqual([]);
  });

  it('counts one person once, however the address is spelt', () => {
    const approvals = gate({}, 'deploy', [{ role: 'release-owner', count: 2 }]);
    approvals.approve({ by: 'ann@example.com' }, at);
    for (const by of ['ann@example.com', 'ANN@EXAMPLE.COM', 'a\u200bnn@example.com'])
      expect(() => approvals.approve({ by }, at)).toThrow('one person counts once');
    expect(approvals.tally?.missing()).toEqual(['release-owner']);
    approvals.approve({ by: 'bob@example.com' }, at);
    expect(approvals.tally?.missing()).toEqual([]);
  });

  it('refuses what comes after the end of the question, and when nothing is asked', () => {
    const approvals = gate();
    expect(() => approvals.approve({ by: 'ann@example.com' }, until)).toThrow('came too late');
    expect(() => approvals.reject({ by: 'ann@example.com' }, until)).toThrow('came too late');
    approvals.close();
    expect(() => approvals.approve({ by: 'ann@example.com' }, at)).toThrow('waits for no approval');
  });

  it('voids what was given for another plan, and keeps what was given for the same', () => {
    const approvals = gate({}, 'deploy', [{ role: 'release-owner', count: 2 }]);
    approvals.approve({ by: 'ann@example.com' }, at);
    approvals.ask({ gate: 'plan', plan: plan('a'), required: [{ role: 'release-owner', count: 2 }], until });
    expect(approvals.granted).toHaveLength(1);
    approvals.ask({ gate: 'plan', plan: plan('b'), required: [{ role: 'release-owner', count: 2 }], until });
    expect(approvals.granted).toEqual([]);
  });

  it('wants a proof where signatures are asked for, and of nobody else’s words', () => {
    const approvals = gate({ identity: 'signed' });
    expect(() => approvals.toVerify('approve', { by: 'ann@example.com' }, at)).toThrow('is not signed');
    expect(() => approvals.toVerify('approve', { by: 'eve@example.com', signature: 'x' }, at)).toThrow('does not hold');
    expect(approvals.toVerify('reject', { by: 'ann@example.com', signature: 'x' }, at)).toEqual({
      signature: 'x',
      roles: ['release-owner'],
      statement: {
        change: 'c0123456789',
        service: expect.stringMatching(/^service-/),
        environment: 'staging',
        gate: 'plan',
        plan: 'a'.repeat(64),
        decision: 'reject',
        by: 'ann@example.com',
        expires: until,
      },
    });
    approvals.people.update({ owners, signers: [{ by: 'ann@example.com', key: keys.ed25519 }] });
    expect(approvals.tally?.eligible('release-owner')).toEqual(['ann@example.com']);
    expect(gate().toVerify('approve', { by: 'ann@example.com' }, at)).toBeNull();
  });

  it(
    'does not count a signature for a question that came after it was verified, of another ' +
      'plan or of another gate',
    () => {
      const approvals = gate({ identity: 'signed' });
      const payload = { by: 'ann@example.com', signature: 'x' };
      const required = [{ role: 'release-owner', count: 1 }];
      for (const decision of ['approve', 'reject'] as const) {
        for (const next of [
          { gate: 'plan', plan: plan('b'), until },
          { gate: 'migration', plan: plan('a'), until },
          { gate: 'plan', plan: plan('a'), until: '2026-03-01T19:00:00.000Z' },
        ] as const) {
          approvals.ask({ gate: 'plan', plan: plan('a'), required, until });
          const verified = approvals.toVerify(decision, payload, at);
          approvals.ask({ ...next, required });
          expect(() => approvals[decision](payload, at, verified)).toThrow(
            'the question has changed since the message was signed',
          );
          expect(() => approvals[decision](payload, at)).toThrow(
            'the question has changed since the message was signed',
          );
        }
      }
      expect([approvals.granted, approvals.rejection]).toEqual([[], null]);
      approvals.approve(payload, at, approvals.toVerify('approve', payload, at));
      expect(approvals.tally?.missing()).toEqual([]);
    },
  );

  it('lets one person break the glass of a rollback, unsigned, but not in place of the owner of the data', () => {
    const policy = { identity: 'signed', breakGlass: ['release-owner'] };
    const required = [
      { role: 'release-owner', count: 2 },
      { role: 'data-owner', count: 1 },
    ];
    const approvals = gate(policy, 'rollback', required);
    expect(() => approvals.approve({ by: 'dora@example.com', role: 'break-glass' }, at)).toThrow(
      'holds none of the break-glass roles',
    );
    expect(approvals.toVerify('approve', { by: 'bob@example.com', role: 'break-glass' }, at)).toBeNull();
    approvals.approve({ by: 'bob@example.com', role: 'break-glass' }, at);
    expect(approvals.granted).toMatchObject([{ by: 'bob@example.com', role: 'release-owner', breakGlass: true }]);
    expect(approvals.tally?.missing()).toEqual(['data-owner']);
  });

  it('asks the people of the catalog of now after a review', () => {
    const approvals = gate({}, 'deploy', [{ role: 'release-owner', count: 2 }]);
    approvals.approve({ by: 'ann@example.com' }, at);
    approvals.approve({ by: 'bob@example.com' }, at);
    approvals.people.update({
      owners: { ...owners, 'release-owner': ['bob@example.com', 'carl@example.com'] },
      signers: [],
    });
    approvals.void('plan', ['ann@example.com']);
    expect(approvals.tally?.missing()).toEqual(['release-owner']);
    expect(approvals.tally?.eligible('release-owner')).toEqual(['carl@example.com']);
  });
});
