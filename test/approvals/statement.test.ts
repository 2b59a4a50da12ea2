import { describe, expect, it } from 'vitest';
import { approvalStatement, armored, requestStatement } from '../../contract/statement.ts';

const statement = {
  change: 'c0123456789',
  service: 'example',
  environment: 'production',
  gate: 'plan',
  plan: 'ab'.repeat(32),
  decision: 'approve',
  by: 'ann@example.com',
  expires: '2026-03-01T18:00:00.000Z',
} as const;

const body = `U1NIU0lH${'Ab+/'.repeat(60)}==`;

describe('the statement that a person signs', () => {
  it('is plain text, a value a line', () => {
    expect(approvalStatement(statement)).toBe(
      'slipway approval v1\nchange: c0123456789\nservice: example\nenvironment: ' +
        `production\ngate: plan\nplan: ${'ab'.repeat(32)}\ndecision: approve\nby: ` +
        'ann@example.com\nexpires: 2026-03-01T18:00:00.000Z\n',
    );
    expect(
      requestStatement({
        temporal: 'default/1f0c',
        workflow: 'deploy',
        workflowId: 'deploy-1',
        input: 'cd'.repeat(32),
        by: 'ann@example.com',
        expires: statement.expires,
      }),
    ).toBe(
      'slipway request v2\ntemporal: default/1f0c\nworkflow: deploy\nworkflow-id: deploy-1\ninput: ' +
        `${'cd'.repeat(32)}\nby: ann@example.com\nexpires: 2026-03-01T18:00:00.000Z\n`,
    );
  });

  it.each(['ANN@example.com', ' ann@example.com ', 'ａｎｎ@example.com', 'an\u200bn@example.com'])(
    'is the same however %j is spelt',
    (by) => {
      expect(approvalStatement({ ...statement, by })).toBe(approvalStatement(statement));
    },
  );

  it.each(['change', 'service', 'environment', 'gate', 'plan', 'decision', 'by', 'expires'] as const)(
    'is another text for another %s',
    (field) => {
      expect(approvalStatement({ ...statement, [field]: 'other' })).not.toBe(approvalStatement(statement));
    },
  );

  it.each(['\n', '\r\n', '\u2028', '\u0085'])('has no value that begins a line of its own with %j', (lineBreak) => {
    const forged = approvalStatement({ ...statement, by: `ann@example.com${lineBreak}decision: reject` });
    expect(forged.split(/[\n\r\u2028\u0085]/)).toHaveLength(approvalStatement(statement).split('\n').length);
  });
});

describe('a pasted signature', () => {
  const asWritten = armored(body) ?? '';

  it('has the form that ssh-keygen writes', () => {
    const lines = asWritten.split('\n');
    expect([lines.at(0), lines.at(-2), lines.at(-1)]).toEqual([
      '-----BEGIN SSH SIGNATURE-----',
      '-----END SSH SIGNATURE-----',
      '',
    ]);
    expect(Math.max(...lines.slice(1, -2).map((line) => line.length))).toBe(70);
  });

  it.each([
    ['as it was written', asWritten],
    ['with the line breaks of another system', asWritten.replaceAll('\n', '\r\n')],
    ['in one line', asWritten.replaceAll('\n', ' ')],
    ['with line breaks that were escaped twice', asWritten.replaceAll('\n', '\\n')],
    ['without its armour', body],
    ['indented', asWritten.replaceAll('\n', '\n    ')],
  ])('survives %s', (_how, pasted) => {
    expect(armored(pasted)).toBe(asWritten);
  });

  it.each(['', 'yes', 'U1NIU0lH', '-----BEGIN PGP SIGNATURE-----', body.replace('U1NI', 'AAAA'), `${body}; rm -rf`])(
    'is none when it is %j',
    (pasted) => {
      expect(armored(pasted)).toBeUndefined();
    },
  );
});
