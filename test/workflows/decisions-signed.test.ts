import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { ChangeEntry } from '../../contract/ledger.ts';
import { messageNames, type DecidePayload } from '../../contract/messages.ts';
import { messageStatement, type MessageStatement } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { keys } from '../approvals/keys.ts';
import { refusedBecause } from '../expect-failure.ts';
import { until, type ChangeHandle, type Start } from './harness.ts';
import { cancel, decide, deployOf, startAndApprove, untilAsked, untilParked } from './runs.ts';
import { payload, people, policy, signed, signers, startSigned } from './signing.ts';
import { openHarness } from './stage.ts';
import {
  commits,
  dataOwner,
  failingSmoke,
  fakeSignature,
  incompatible,
  owner,
  testInstallation,
  unseenBake,
  World,
} from './world.ts';

const harness = openHarness();

/** A decision with the signature of a person's key over what the run asks about. */
function signedDecision(
  run: WorkflowHandle,
  { waitingFor }: ChangeStatus,
  says: DecidePayload,
  changes: Partial<MessageStatement> = {},
  key = signers.find(({ by }) => by === says.by)?.key ?? '',
): DecidePayload {
  const { temporal = '', about = '' } = waitingFor?.signing ?? {};
  const statement = { temporal, workflowId: run.workflowId, message: messageNames.decide, about, says, by: says.by };
  return { ...says, signature: fakeSignature(messageStatement({ ...statement, ...changes }), key) };
}

/** A deploy that is approved and signed, parked in its bake: nobody uses the service. */
async function parkInBake(start: Start, world: World): Promise<{ run: ChangeHandle; status: ChangeStatus }> {
  const run = await startSigned(start, 'deploy', deployOf(world));
  await run.executeUpdate('approve', { args: [payload(await untilAsked(run), owner)] });
  return { run, status: await untilParked(run, 'bake') };
}

describe('decisions, where approvals are signed', () => {
  it('overrule a gate only with the signature of that person over that very question', async () => {
    const world = new World({ approvals: signed, bake: unseenBake }, people);
    await harness.with(world, async (start) => {
      const { run, status } = await parkInBake(start, world);
      const skip = { action: 'skip', by: owner } as const;
      expect(status.waitingFor?.signing).toMatchObject({ actions: ['skip'], temporal: testInstallation });
      const good = signedDecision(run, status, skip);
      const refusals: [string, DecidePayload, string][] = [
        ['unsigned', skip, 'is not signed'],
        ['no signature at all', { ...skip, signature: 'yes' }, 'is not an SSH signature'],
        ['by the key of another', signedDecision(run, status, skip, {}, keys.ed25519Other), 'is not one of'],
        [
          'for another decision',
          { ...signedDecision(run, status, { ...skip, action: 'retry' }), ...skip },
          'is not one',
        ],
        ['with another note', { ...good, note: 'the owner of the data agrees' }, 'is not one of'],
        [
          'for an earlier question',
          signedDecision(run, status, skip, { about: 'bake, parked since 2026' }),
          'is not one',
        ],
        ['for another run', signedDecision(run, status, skip, { workflowId: 'deploy-1' }), 'is not one of'],
        ['for another installation', signedDecision(run, status, skip, { temporal: 'default/0' }), 'is not one of'],
        ['of another message', signedDecision(run, status, skip, { message: 'lift' }), 'is not one of'],
        ['by nobody here', { ...good, by: 'stranger@example.com' }, 'holds none of the roles'],
        ['by somebody without the role', signedDecision(run, status, { ...skip, by: dataOwner }), 'holds none of'],
      ];
      for (const [index, [name, message, reason]] of refusals.entries()) {
        await run.signal('decide', message);
        const heard = await until(run, ({ refused: { count } }) => count === 2 * index + 1);
        expect(heard.refused.last.at(-1), name).toMatchObject({ reason: expect.stringContaining(reason) });
        await expect(run.executeUpdate('decide', { args: [message] }), name).rejects.toMatchObject(
          refusedBecause(reason),
        );
        expect(await until(run, ({ refused: { count } }) => count === 2 * index + 2), name).toMatchObject({
          phase: 'parked',
        });
      }
      await run.executeUpdate('decide', { args: [good] });
      await run.result();
      const entry = (await harness.environmentStatus(world)).ledger.at(-1) as ChangeEntry;
      const proof = { key: `SHA256:${keys.ed25519.slice(-8)}`, catalog: world.entry.hash };
      expect(entry.decisions).toMatchObject([{ step: 'bake', action: 'skip', by: owner, proof }]);
      expect(entry.decisions?.[0]?.proof?.statement).toContain(`workflow-id: ${run.workflowId}\n`);
      expect(entry.approvals).toMatchObject([{ by: owner, temporal: testInstallation, ...proof }]);
    });
  }, 30_000);

  it('are believed where they only try again or end it, so that nobody without a key is stuck at night', async () => {
    const world = new World({ approvals: signed, bake: unseenBake }, people);
    await harness.with(world, async (start) => {
      const { run, status } = await parkInBake(start, world);
      await decide(run, 'retry');
      const again = await until(
        run,
        ({ phase, waitingFor }) => phase === 'parked' && waitingFor?.since !== status.waitingFor?.since,
      );
      // A signature for the question before is good for no later one of the same step.
      const old = signedDecision(run, status, { action: 'skip', by: owner });
      await expect(run.executeUpdate('decide', { args: [old] })).rejects.toMatchObject(refusedBecause('is not one of'));
      expect(again.waitingFor?.choices?.map(({ action }) => action)).toContain('abort');
      await decide(run, 'abort');
      await expect(run.result()).rejects.toThrow();
      const entry = (await harness.environmentStatus(world)).ledger.at(-1) as ChangeEntry;
      expect(entry.decisions).toMatchObject([{ action: 'retry' }, { action: 'abort' }]);
      expect(entry.decisions?.every(({ proof }) => proof === undefined)).toBe(true);
    });
  });

  it('about the schema are signed whatever they say', async () => {
    const world = new World({ approvals: signed, smoke: failingSmoke }, people);
    world.migrations.set(commits.good, [incompatible]);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      for (const by of [owner, dataOwner])
        await run.executeUpdate('approve', { args: [payload(await untilAsked(run), by)] });
      const status = await untilParked(run);
      const actions = status.waitingFor?.choices?.map(({ action }) => action) ?? [];
      expect(status.waitingFor?.signing?.actions).toEqual(actions);
      for (const action of actions)
        await expect(
          run.executeUpdate('decide', { args: [{ action, by: dataOwner, evidence: 'looked' }] }),
        ).rejects.toMatchObject(refusedBecause('is not signed'));
      const abort = signedDecision(run, status, { action: 'abort', by: dataOwner });
      await run.executeUpdate('decide', { args: [abort] });
      await expect(run.result()).rejects.toThrow();
    });
  });

  it('come with commands that sign exactly what is asked', async () => {
    const world = new World({ approvals: signed, bake: unseenBake }, people);
    await harness.with(world, async (start) => {
      const { run, status } = await parkInBake(start, world);
      const { commands = [], signing } = status.waitingFor ?? {};
      const skip = commands.find((command) => command.includes('signature=') && command.includes('skip')) ?? '';
      expect(skip).toContain(`'about: ${signing?.about ?? ''}'`);
      expect(skip).toContain('ssh-keygen -Y sign -n slipway');
      expect(commands.some((command) => command.startsWith('temporal') && command.includes('retry'))).toBe(true);
      await cancel(run);
    });
  });
});

describe('decisions', () => {
  it('are judged by the catalog of now: who has left since decides nothing, and who has come does', async () => {
    const world = new World({ approvals: policy, bake: unseenBake }, people);
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run, 'bake');
      const newcomer = 'newcomer@example.com';
      world.entry = { ...world.entry, owners: { ...world.entry.owners, 'release-owner': [newcomer] } };
      await expect(decide(run, 'skip')).rejects.toMatchObject(refusedBecause('holds none of the roles'));
      await decide(run, 'skip', { by: newcomer });
      await run.result();
    });
  });

  it('count by the people of the beginning while the catalog cannot be read: nobody is stuck by a typo', async () => {
    const world = new World({ approvals: policy, bake: unseenBake }, people);
    await harness.with(world, async (start) => {
      const run = await startAndApprove(start, world);
      await untilParked(run, 'bake');
      world.catalogIsBroken = true;
      await expect(decide(run, 'retry', { by: 'stranger@example.com' })).rejects.toMatchObject(
        refusedBecause('holds none of the roles'),
      );
      await decide(run, 'abort');
      world.catalogIsBroken = false;
      await expect(run.result()).rejects.toThrow();
    });
  }, 20_000);
});
