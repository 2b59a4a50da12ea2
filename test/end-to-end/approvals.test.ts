import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { approvalStatement, type ApprovalStatement } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { expectFailure, refused, refusedBecause } from '../expect-failure.ts';
import { callsOf, effective } from './call-log.ts';
import type { Estate } from './estate.ts';
import { deputy, developer, owner, type Run } from './runs.ts';
import { openPeople, openSandbox } from './stage.ts';
import path from 'node:path';

const program = fileURLToPath(new URL('../../client/main.ts', import.meta.url));

const people = openPeople(owner, deputy, developer);
const sandbox = openSandbox();

/** Real keys, OpenSSH's own tool on both sides, and clients that anybody could write. */
describe('approvals', () => {
  /** The catalog file of an estate with other people. */
  const rewrite = async (estate: Estate, change: (file: Record<string, unknown>) => object): Promise<void> => {
    const file = path.join(sandbox.catalogFolder, `${estate.name}.yaml`);
    const before = parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, stringify({ ...before, ...change(before) }, { aliasDuplicateObjects: false }));
  };
  const startSigned = async (estate: Estate): Promise<Run> => {
    const workflowId = `deploy-${randomUUID()}`;
    const input = estate.input('good');
    return sandbox.runs.start(
      'deploy',
      { ...input, request: await people.request(sandbox.runs.client, 'deploy', workflowId, input) },
      workflowId,
    );
  };
  const statementOf = ({ waitingFor }: ChangeStatus, by: string, changes: Partial<ApprovalStatement> = {}): string => {
    if (!waitingFor?.signature) throw new Error('no signature is asked for');
    const { signers: _signers, ...statement } = waitingFor.signature;
    return approvalStatement({ ...statement, decision: 'approve', by, ...changes });
  };
  const slipway = async (...words: string[]) =>
    execa(process.execPath, [program, ...words], {
      reject: false,
      env: {
        TEMPORAL_ADDRESS: sandbox.description.temporal?.address ?? '',
        TEMPORAL_CONFIG_FILE: '/nonexistent',
        SLIPWAY_CATALOG: sandbox.catalogFolder,
      },
    });

  it('count when they are signed rightly, and every other is refused with its reason', async () => {
    const { runs } = sandbox;
    const policy = {
      required: [{ role: 'release-owner' }],
      identity: 'signed' as const,
      signOffs: { smoke: [{ role: 'release-owner' }] },
      expiresAfterMinutes: 5,
    };
    // The keys come after the file: until then nobody could sign.
    const estate = await sandbox.estate({
      name: 'signed',
      place: (place) => (place.approvals = { ...policy, identity: 'claimed' }),
    });
    await rewrite(estate, ({ environments }) => {
      const { production } = environments as { production: object };
      return { signers: people.signers, environments: { production: { ...production, approvals: policy } } };
    });
    const run = await startSigned(estate);
    const started = await slipway(
      'deploy',
      estate.name,
      '--environment',
      'production',
      '--commit',
      estate.commit('good'),
      '--by',
      developer,
      '--key',
      people.key(developer),
      '--json',
    );
    expect(started.exitCode, started.stdout).toBe(0);
    const other = runs.get((JSON.parse(started.stdout) as { workflowId: string }).workflowId);
    const [status, elsewhere] = [await runs.untilPhase(run, 'approval'), await runs.untilPhase(other, 'approval')];

    const good = await people.sign(owner, statementOf(status, owner));
    const middle = Math.floor(good.length / 2);
    const refusals: [string, object, string][] = [
      [
        'by the requester',
        { by: developer, signature: await people.sign(developer, statementOf(status, developer)) },
        'may not approve it',
      ],
      ['by a non-owner', { by: 'api-owner@example.com', signature: good }, 'does not hold release-owner'],
      [
        'by somebody who looks like an owner',
        { by: owner.replace('o', 'о'), signature: good },
        'does not hold release-owner',
      ],
      [
        'for an older plan',
        { by: owner, signature: await people.sign(owner, statementOf(status, owner, { plan: '0'.repeat(64) })) },
        'is not one of',
      ],
      ['naming an older plan', { by: owner, plan: '0'.repeat(12), signature: good }, 'the plan is'],
      [
        'with a forged signature',
        { by: owner, signature: await people.sign(deputy, statementOf(status, owner)) },
        'is not one of',
      ],
      [
        'with a flipped byte',
        {
          by: owner,
          signature: `${good.slice(0, middle)}${good[middle] === 'x' ? 'y' : 'x'}${good.slice(middle + 1)}`,
        },
        'is not one of',
      ],
      [
        'replayed from another change',
        { by: owner, signature: await people.sign(owner, statementOf(elsewhere, owner)) },
        'is not one of',
      ],
      [
        'after its expiry was moved',
        {
          by: owner,
          signature: await people.sign(owner, statementOf(status, owner, { expires: '2036-01-01T00:00:00.000Z' })),
        },
        'is not one of',
      ],
      ['unsigned', { by: owner }, 'is not signed'],
    ];
    for (const [index, [name, payload, reason]] of refusals.entries()) {
      await run.signal('approve', payload);
      const seen = await runs.until(run, ({ refused: { count } }) => count === 2 * index + 1);
      expect(seen.refused.last.at(-1)?.reason, name).toContain(reason);
      await expect(run.executeUpdate('approve', { args: [payload] }), name).rejects.toMatchObject(
        refusedBecause(reason),
      );
      expect(await runs.until(run, ({ refused: { count } }) => count === 2 * index + 2), name).toMatchObject({
        phase: 'approval',
        approvals: [],
      });
    }
    expect(effective(callsOf(await sandbox.calls(), status.change))).toEqual([]);

    // What status prints works as it stands, with nothing but temporal and ssh-keygen.
    await sandbox.shell(
      `mkdir -p ~/.ssh && cp '${people.key(owner)}' ~/.ssh/id_ed25519 && chmod 600 ~/.ssh/id_ed25519`,
    );
    await sandbox.shell(status.waitingFor?.commands[0] ?? 'false');
    const signOff = await runs.until(
      run,
      ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the smoke') === true,
    );
    expect(signOff.approvals).toMatchObject([{ by: owner, gate: 'plan' }]);
    await expect(
      run.executeUpdate('approve', { args: [{ by: owner, signature: good }] }),
      'the approval of the plan is none of the smoke',
    ).rejects.toMatchObject(refused);

    // While the first holds the environment, the second is approved by our own command line; nobody else can say that
    // it is its turn.
    const approved = await slipway('approve', other.workflowId, '--by', owner, '--key', people.key(owner));
    expect(approved.exitCode, approved.stderr).toBe(0);
    await runs.until(other, ({ waitingFor }) => waitingFor?.kind === 'queue');
    await other.signal('granted', { number: 99 });
    expect((await runs.environment(estate.name)).holder?.change).toBe(status.change);

    // A role that was taken away since: the approval counted when it came, and does not on entry.
    await rewrite(estate, ({ owners }) => ({
      owners: { ...(owners as object), 'release-owner': [deputy], 'former-owner': [owner] },
    }));
    const printed = JSON.parse(
      (await slipway('approve', run.workflowId, '--by', deputy, '--key', people.key(deputy), '--print', '--json'))
        .stdout,
    ) as { payload: object };
    await run.executeUpdate('approve', { args: [printed.payload] });
    const { change } = await run.result();
    expect((await runs.environment(estate.name)).ledger.at(-1)).toMatchObject({
      change,
      approvals: [
        { by: owner, gate: 'plan' },
        { by: deputy, gate: 'smoke' },
      ],
    });
    const again = await runs.until(
      other,
      ({ waitingFor, refused: { last } }) => waitingFor?.kind === 'approval' && last.some(({ by }) => by === owner),
    );
    expect(again.refused.last).toContainEqual(
      expect.objectContaining({
        by: owner,
        reason: expect.stringContaining('does not hold release-owner any more'),
      }),
    );
    expect(effective(callsOf(await sandbox.calls(), again.change))).toEqual([]);
    const rejected = await slipway(
      'reject',
      other.workflowId,
      '--by',
      deputy,
      '--key',
      people.key(deputy),
      '--note',
      'enough for today',
    );
    expect(rejected.exitCode, rejected.stderr).toBe(0);
    await expectFailure(other, 'Rejected', 'enough for today');
  }, 120_000);

  it('are void when the live service was changed by hand, and people see it while they think', async () => {
    const { runs, platform } = sandbox;
    const estate = await sandbox.estate({
      name: 'moved',
      place: (place) =>
        (place.approvals = {
          required: [{ role: 'release-owner', count: 2 }],
          expiresAfterMinutes: 5,
          remindEveryMinutes: 0.05,
        }),
    });
    const run = await runs.start('deploy', estate.input('good'));
    const before = await runs.untilPhase(run, 'approval');
    await run.executeUpdate('approve', { args: [{ by: owner, plan: before.plan }] });
    const [serving] = (await estate.served()).serving;
    await platform.pin(estate.name, serving?.revision ?? '');
    const after = await runs.until(
      run,
      ({ waitingFor, plan }) => waitingFor?.kind === 'approval' && plan !== before.plan,
    );
    expect(after.approvals).toEqual([]);
    expect(after.waitingFor?.what).toContain(`traffic was latest 100 %, is ${serving?.revision ?? ''} 100 %`);
    await expect(run.executeUpdate('approve', { args: [{ by: deputy, plan: before.plan }] })).rejects.toMatchObject(
      refusedBecause('read the new plan, then answer again'),
    );
    expect(effective(callsOf(await sandbox.calls(), after.change))).toEqual([]);
    for (const by of [owner, deputy]) await run.executeUpdate('approve', { args: [{ by, plan: after.plan }] });
    await run.result();
  }, 90_000);
});
