import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inputDigest } from '../../activities/people/requests.ts';
import { keys } from '../approvals/keys.ts';
import { expectFailure, refusedBecause } from '../expect-failure.ts';
import { failureOf, until } from './harness.ts';
import { cancel, deployOf, rollbackOf, statusOf, untilAsked } from './runs.ts';
import { openHarness } from './stage.ts';
import { payload, people, requestFor, signed, startSigned } from './signing.ts';
import { commits, deputy, developer, owner, World } from './world.ts';

const harness = openHarness();

describe('a signed request', () => {
  it('is good for one run: the same one again under its workflow id starts nothing', async () => {
    const world = new World({ approvals: signed }, people);
    const input = deployOf(world);
    const workflowId = `deploy-${randomUUID()}`;
    const request = requestFor('deploy', workflowId, input);
    await harness.with(world, async (start) => {
      const run = await start('deploy', { ...input, request }, workflowId);
      await untilAsked(run);
      await cancel(run);
      const again = await start('deploy', { ...input, request }, workflowId);
      await expectFailure(again, 'InvalidInput', 'was used already, by run');
      // Who asks again signs again.
      const anew = requestFor('deploy', workflowId, input, undefined, new Date(Date.now() + 500_000).toISOString());
      const next = await start('deploy', { ...input, request: anew }, workflowId);
      await untilAsked(next);
      await cancel(next);
    });
    expect(world.writes).toEqual([]);
  });
});

describe('signed approvals', () => {
  it('count only with the signature of that person over that very question', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      const good = payload(status, owner).signature;
      const refusals: [string, object, string][] = [
        ['unsigned', { by: owner }, 'is not signed'],
        ['no signature at all', { by: owner, signature: 'yes' }, 'is not an SSH signature'],
        [
          'forged: signed with the key of another',
          payload(status, owner, {}, keys.ed25519Other),
          'is not one of release-owner@example.com',
        ],
        [
          'a flipped byte',
          { by: owner, signature: `${good.slice(0, 30)}${good[30] === 'A' ? 'B' : 'A'}${good.slice(31)}` },
          'incorrect signature',
        ],
        ['replayed from another change', payload(status, owner, { change: 'c0000000000' }), 'is not one of'],
        ['for another installation', payload(status, owner, { temporal: 'default/0' }), 'is not one of'],
        ['of version 1', payload(status, owner, { temporal: undefined }), 'is not one of'],
        ['for an older plan', payload(status, owner, { plan: '0'.repeat(64) }), 'is not one of'],
        ['for another environment', payload(status, owner, { environment: 'production' }), 'is not one of'],
        ['a rejection as an approval', payload(status, owner, { decision: 'reject' }), 'is not one of'],
        ['a sign-off as an approval', payload(status, owner, { gate: 'smoke' }), 'is not one of'],
        ['with another end', payload(status, owner, { expires: '2036-01-01T00:00:00.000Z' }), 'is not one of'],
        ['by a non-owner', payload(status, 'stranger@example.com', {}, keys.ed25519), 'does not hold release-owner'],
        ['by the requester', payload(status, developer, {}, keys.ed25519), 'may not approve it'],
        ['naming an older plan', { ...payload(status, owner), plan: '0'.repeat(12) }, 'the plan is'],
      ];
      for (const [index, [name, message, reason]] of refusals.entries()) {
        await run.signal('approve', message);
        expect(
          (await until(run, ({ refused: { count } }) => count === 2 * index + 1)).refused.last.at(-1)?.reason,
          name,
        ).toContain(reason);
        await expect(run.executeUpdate('approve', { args: [message] }), name).rejects.toMatchObject(
          refusedBecause(reason),
        );
        expect(await until(run, ({ refused: { count } }) => count === 2 * index + 2), name).toMatchObject({
          phase: 'approval',
          approvals: [],
        });
      }
      await run.executeUpdate('approve', { args: [payload(status, owner)] });
      const { change } = await run.result();
      expect((await harness.environmentStatus(world)).ledger.at(-1)).toMatchObject({
        change,
        approvals: [{ by: owner, role: 'release-owner', gate: 'plan', signature: good }],
      });
    });
  }, 20_000);

  it('of one person that are judged at the same time count once', async () => {
    const world = new World({ approvals: { ...signed, required: [{ role: 'release-owner', count: 2 }] } }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      const answers = await Promise.allSettled(
        [1, 2, 3].map(() => run.executeUpdate('approve', { args: [payload(status, owner)] })),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect(await untilAsked(run)).toMatchObject({
        approvals: [{ by: owner }],
        refused: { count: 2, last: [{ reason: expect.stringContaining('one person counts once') }, {}] },
      });
      await run.executeUpdate('approve', { args: [payload(status, deputy)] });
      await run.result();
    });
  });

  it('that are being verified when the run ends are answered, and the run ends', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      let verified = (): void => undefined;
      world.verifying = new Promise((resolve) => (verified = resolve));
      const handle = await run.startUpdate('approve', { args: [payload(status, owner)], waitForStage: 'ACCEPTED' });
      await run.cancel();
      await expect(handle.result()).rejects.toMatchObject(refusedBecause('could not be verified'));
      await expect(run.result()).rejects.toThrow();
      expect(await statusOf(run)).toMatchObject({
        phase: 'cancelled',
        approvals: [],
        refused: { count: 1 },
      });
      verified();
    });
    expect(world.writes).toEqual([]);
  });

  it('are asked for by our command first; the recipe to sign by hand comes behind it', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      await untilAsked(run);
      const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toMatch(/```sh\n\.\/slipway approve deploy-/);
      expect(currentDetails.indexOf('signature=$(')).toBeGreaterThan(currentDetails.indexOf('./slipway approve'));
      expect((await run.describe()).memo).toMatchObject({
        slipway: { next: expect.stringMatching(/^\.\/slipway approve deploy-/) },
      });
      await cancel(run);
    });
  });

  it('do not count while nobody can verify them', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      for (let attempt = 0; attempt < 4; attempt += 1)
        world.failNext('verify', 'NotInstalled', 'ssh-keygen is not installed on this worker');
      await expect(run.executeUpdate('approve', { args: [payload(status, owner)] })).rejects.toMatchObject(
        refusedBecause('ssh-keygen is not installed'),
      );
      expect(await untilAsked(run)).toMatchObject({ approvals: [] });
      await cancel(run);
    });
    expect(world.writes).toEqual([]);
  });

  it('are only asked for where the requester signed the input and the workflow id', async () => {
    const world = new World({ approvals: signed }, people);
    const input = deployOf(world);
    const wrong: [string, (id: string) => object, string][] = [
      ['no signature', () => input, 'has no signature'],
      [
        'one for another id',
        () => ({ ...input, request: requestFor('deploy', 'deploy-1', input) }),
        'is not signed by developer@example.com',
      ],
      [
        'one for another commit',
        (id) => ({ ...input, request: requestFor('deploy', id, { ...input, commit: commits.old }) }),
        'is not signed by developer@example.com',
      ],
      [
        'one for another type',
        (id) => ({ ...input, request: requestFor('promote', id, input) }),
        'is not signed by developer@example.com',
      ],
      [
        'one with another person’s key',
        (id) => ({ ...input, request: requestFor('deploy', id, input, keys.ed25519) }),
        'is not signed by developer@example.com',
      ],
      [
        'one of yesterday',
        (id) => ({ ...input, request: requestFor('deploy', id, input, undefined, '2026-01-01T00:00:00.000Z') }),
        'was valid until',
      ],
      [
        'one for ever',
        (id) => ({ ...input, request: requestFor('deploy', id, input, undefined, '2099-01-01T00:00:00.000Z') }),
        'may be valid for at most',
      ],
      [
        'something else',
        () => ({ ...input, request: { expires: new Date(Date.now() + 600_000).toISOString(), signature: 'yes' } }),
        'has no SSH signature in its field',
      ],
    ];
    await harness.with(world, async (start) => {
      for (const [name, of, reason] of wrong) {
        const id = `deploy-${randomUUID()}`;
        const { type, message } = await failureOf(await start('deploy', of(id), id));
        expect(type, name).toBe('InvalidInput');
        expect(message, name).toContain(reason);
        // The way out is in the message: the very text to sign.
        expect(message, name).toContain(`'workflow-id: ${id}' 'input: ${inputDigest(input)}'`);
      }
      const run = await startSigned(start, 'deploy', input);
      expect((await untilAsked(run)).steps[0]).toMatchObject({
        name: 'request',
        state: 'passed',
        detail: `signed by ${developer}`,
      });
      await expectFailure(
        await start('rollback', rollbackOf(world, { requestedBy: developer })),
        'InvalidInput',
        'without a signature, as break-glass: nobody here',
      );
      await cancel(run);
    });
    expect(world.writes).toEqual([]);
  }, 20_000);
});
