import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { inputDigest } from '../../activities/people/requests.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { changeEntries } from '../../contract/ledger.ts';
import { keys } from '../approvals/keys.ts';
import {
  createHarness,
  failureOf,
  logErrorsOnly,
  startTemporal,
  until,
  type ChangeHandle,
  type Harness,
} from './harness.ts';
import { dataOwner, deputy, payload, people, requestFor, signers, startSigned, third } from './signing.ts';
import { commits, developer, owner, World } from './world.ts';

const policy = {
  required: [{ role: 'release-owner', count: 1 }],
  rollback: [],
  requesterMayApprove: false,
  expiresAfterMinutes: 5,
};
const signed = { ...policy, identity: 'signed' as const };
const input = (world: World) => ({
  service: world.service,
  environment: 'staging',
  commit: commits.good,
  requestedBy: developer,
});
const asked = async (run: ChangeHandle): Promise<ChangeStatus> =>
  until(run, ({ waitingFor }) => waitingFor?.kind === 'approval');

describe('approvals', () => {
  let temporal: TestWorkflowEnvironment;
  let harness: Harness;
  beforeAll(async () => {
    logErrorsOnly();
    temporal = await startTemporal();
    harness = await createHarness(temporal);
  }, 60_000);
  afterAll(() => temporal.teardown());

  const environment = (world: World) =>
    harness.client.workflow
      .getHandle(environmentWorkflowId(world.service, 'staging'))
      .query<EnvironmentStatus>('status');
  const takeAway = (world: World, person: string): void => {
    const { owners } = world.entry;
    world.entry = {
      ...world.entry,
      owners: Object.fromEntries(
        Object.entries(owners).map(([role, people]) => [role, people.filter((one) => one !== person)]),
      ),
    };
  };

  it(
    'that are signed count only with the signature of that person over that very question, ' +
      'by signal and by update',
    async () => {
      const world = new World({ approvals: signed }, people);
      await harness.with(world, async (start) => {
        const run = await startSigned(start, 'deploy', input(world));
        const status = await asked(run);
        const good = payload(status, owner).signature;
        const refused: [string, object, string][] = [
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
          ['for an older plan', payload(status, owner, { plan: '0'.repeat(64) }), 'is not one of'],
          ['for another environment', payload(status, owner, { environment: 'production' }), 'is not one of'],
          ['a rejection as an approval', payload(status, owner, { decision: 'reject' }), 'is not one of'],
          ['a sign-off as an approval', payload(status, owner, { gate: 'smoke' }), 'is not one of'],
          ['with another end', payload(status, owner, { expires: '2036-01-01T00:00:00.000Z' }), 'is not one of'],
          ['by a non-owner', payload(status, 'stranger@example.com', {}, keys.ed25519), 'does not hold release-owner'],
          ['by the requester', payload(status, developer, {}, keys.ed25519), 'may not approve it'],
          ['naming an older plan', { ...payload(status, owner), plan: '0'.repeat(12) }, 'the plan is'],
        ];
        for (const [index, [name, message, reason]] of refused.entries()) {
          await run.signal('approve', message);
          expect(
            (await until(run, ({ refused: { count } }) => count === 2 * index + 1)).refused.last.at(-1)?.reason,
            name,
          ).toContain(reason);
          await expect(run.executeUpdate('approve', { args: [message] }), name).rejects.toMatchObject({
            cause: { type: 'Refused', message: expect.stringContaining(reason) },
          });
          expect(await until(run, ({ refused: { count } }) => count === 2 * index + 2), name).toMatchObject({
            phase: 'approval',
            approvals: [],
          });
        }
        await run.executeUpdate('approve', { args: [payload(status, owner)] });
        const { change } = await run.result();
        expect((await environment(world)).ledger.at(-1)).toMatchObject({
          change,
          approvals: [{ by: owner, role: 'release-owner', gate: 'plan', signature: good }],
        });
      });
    },
    20_000,
  );

  it('of one person that are judged at the same time count once', async () => {
    const world = new World({ approvals: { ...signed, required: [{ role: 'release-owner', count: 2 }] } }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', input(world));
      const status = await asked(run);
      const answers = await Promise.allSettled(
        [1, 2, 3].map(() => run.executeUpdate('approve', { args: [payload(status, owner)] })),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect(await asked(run)).toMatchObject({
        approvals: [{ by: owner }],
        refused: { count: 2, last: [{ reason: expect.stringContaining('one person counts once') }, {}] },
      });
      await run.executeUpdate('approve', { args: [payload(status, deputy)] });
      await run.result();
    });
  });

  it('that are still being verified when the run ends are answered, and the run ends', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', input(world));
      const status = await asked(run);
      let verified = (): void => undefined;
      world.verifying = new Promise((resolve) => (verified = resolve));
      const handle = await run.startUpdate('approve', { args: [payload(status, owner)], waitForStage: 'ACCEPTED' });
      await run.cancel();
      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'Refused', message: expect.stringContaining('could not be verified') },
      });
      await expect(run.result()).rejects.toThrow();
      expect(await run.query<ChangeStatus>('status')).toMatchObject({
        phase: 'cancelled',
        approvals: [],
        refused: { count: 1 },
      });
      verified();
    });
    expect(world.writes).toEqual([]);
  });

  it('do not count while nobody can verify them', async () => {
    const world = new World({ approvals: signed }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', input(world));
      const status = await asked(run);
      for (let attempt = 0; attempt < 4; attempt += 1)
        world.failNext('verify', 'NotInstalled', 'ssh-keygen is not installed on this worker');
      await expect(run.executeUpdate('approve', { args: [payload(status, owner)] })).rejects.toMatchObject({
        cause: { type: 'Refused', message: expect.stringContaining('ssh-keygen is not installed') },
      });
      expect(await asked(run)).toMatchObject({ approvals: [] });
      await run.cancel();
      await expect(run.result()).rejects.toThrow();
    });
    expect(world.writes).toEqual([]);
  });

  it.each([
    [
      'whose role was taken away since',
      (world: World) => takeAway(world, owner),
      'does not hold release-owner any more',
    ],
    [
      'whose key was withdrawn since',
      (world: World) => void (world.entry = { ...world.entry, signers: signers.filter(({ by }) => by !== owner) }),
      'has no key of release-owner@example.com',
    ],
  ])('of somebody %s fall on entry and are asked for again', async (_who, change, reason) => {
    const world = new World({ approvals: { ...signed, required: [{ role: 'release-owner', count: 2 }] } }, people);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', input(world));
      const status = await asked(run);
      await run.executeUpdate('approve', { args: [payload(status, owner)] });
      change(world);
      await run.executeUpdate('approve', { args: [payload(status, deputy)] });
      const again = await until(run, ({ waitingFor, refused }) => waitingFor?.kind === 'approval' && refused.count > 0);
      expect(again.refused.last[0]).toMatchObject({
        message: 'approve',
        by: owner,
        reason: expect.stringContaining(reason),
      });
      expect(again.approvals).toMatchObject([{ by: deputy }]);
      expect(again.plan).toBe(status.plan);
      expect(world.writes).toEqual([]);
      await expect(run.executeUpdate('approve', { args: [payload(again, owner)] })).rejects.toMatchObject({
        cause: { type: 'Refused' },
      });
      await run.executeUpdate('approve', { args: [payload(again, third)] });
      await run.result();
      expect(
        changeEntries((await environment(world)).ledger)
          .at(-1)
          ?.approvals.map(({ by }) => by),
      ).toEqual([deputy, third]);
    });
  });

  it('end with the requester’s right to ask', async () => {
    const world = new World({ approvals: policy });
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await asked(run);
      takeAway(world, developer);
      await run.signal('approve', { by: owner });
      expect(await failureOf(run)).toEqual({
        type: 'Rejected',
        message: expect.stringContaining('developer@example.com may not start a deploy'),
      });
      expect((await environment(world)).holder).toBeNull();
    });
    expect(world.writes).toEqual([]);
  });

  it(
    'are void as soon as somebody changes the live service, seen at the next reminder, with ' + 'what is different',
    async () => {
      const world = new World({
        approvals: { ...policy, required: [{ role: 'release-owner', count: 2 }], remindEveryMinutes: 0.05 },
      });
      await harness.with(world, async (start) => {
        const run = await start('deploy', input(world));
        const before = await asked(run);
        await run.executeUpdate('approve', { args: [{ by: owner }] });
        world.live = { ...world.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }], key: 'by hand' };
        const after = await until(
          run,
          ({ waitingFor, plan }) => waitingFor?.kind === 'approval' && plan !== before.plan,
          15_000,
        );
        expect(after.approvals).toEqual([]);
        expect(after.waitingFor?.what).toContain('traffic was latest 100 %, is service-1 100 %');
        await expect(run.executeUpdate('approve', { args: [{ by: owner, plan: before.plan }] })).rejects.toMatchObject({
          cause: { type: 'Refused' },
        });
        for (const by of [owner, deputy]) await run.executeUpdate('approve', { args: [{ by, plan: after.plan }] });
        await run.result();
        const timeline = await run.query<{ what: string }[]>('timeline');
        expect(timeline.filter(({ what }) => what.startsWith('waits for approval')).length).toBeGreaterThanOrEqual(2);
        expect(timeline.map(({ what }) => what).join('\n')).toContain('its approvals are void; traffic was');
      });
    },
    30_000,
  );

  const signOffs = { migration: [{ role: 'data-owner', count: 1 }], smoke: [{ role: 'release-owner', count: 1 }] };
  it('of results come after the migration and after the smoke, signed, and stand in the ledger', async () => {
    const world = new World({ approvals: { ...signed, signOffs } }, people);
    world.migrations.set(commits.good, [{ name: '1_add.sql', compatibility: 'compatible' }]);
    await harness.with(world, async (start) => {
      const run = await startSigned(start, 'deploy', input(world));
      const plan = await asked(run);
      expect(plan.steps.map(({ name }) => name).join(' ')).toContain(
        'migrate sign-off-migration smoke-candidate sign-off-smoke shift',
      );
      await run.executeUpdate('approve', { args: [payload(plan, owner)] });
      const migrated = await until(
        run,
        ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the migration') === true,
      );
      expect(migrated.waitingFor?.what).toMatch(
        /service-migrate-migrate succeeded.*applied 1_add\.sql \(compatible\).*by data-owner/,
      );
      await expect(
        run.executeUpdate('approve', { args: [{ ...payload(plan, dataOwner) }] }),
        'signed for the plan',
      ).rejects.toMatchObject({ cause: { type: 'Refused' } });
      await expect(
        run.executeUpdate('approve', { args: [payload(migrated, owner)] }),
        'another role',
      ).rejects.toMatchObject({ cause: { type: 'Refused' } });
      await run.executeUpdate('approve', { args: [payload(migrated, dataOwner)] });
      const smoked = await until(
        run,
        ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the smoke') === true,
      );
      expect(smoked.waitingFor?.what).toContain('health: GET /healthz answered 200');
      expect(world.writes.map(({ method }) => method)).not.toContain('shift');
      await run.executeUpdate('approve', { args: [payload(smoked, owner)] });
      const { change } = await run.result();
      const entry = changeEntries((await environment(world)).ledger).at(-1);
      expect(entry?.change).toBe(change);
      expect(entry?.approvals.map(({ gate, by }) => `${gate} ${by}`)).toEqual([
        `plan ${owner}`,
        `migration ${dataOwner}`,
        `smoke ${owner}`,
      ]);
    });
  }, 20_000);

  it('of a result that are refused restore the state before, and the artifact is on hold', async () => {
    const world = new World({ approvals: { ...policy, signOffs: { smoke: signOffs.smoke } } });
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await asked(run);
      await run.signal('approve', { by: owner });
      await until(run, ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the smoke') === true);
      await run.signal('reject', { by: owner, note: 'the routes are open to everybody' });
      expect(await failureOf(run)).toEqual({
        type: 'RolledBack',
        message: expect.stringContaining('the routes are open to everybody'),
      });
      expect(world.writes.map(({ method }) => method)).not.toContain('shift');
      expect((await environment(world)).holds).toHaveLength(1);
    });
  });

  it('of a result that are refused after an incompatible migration park', async () => {
    const world = new World({ approvals: { ...policy, signOffs: { migration: signOffs.migration } } });
    world.migrations.set(commits.good, [{ name: '1_rename.sql', compatibility: 'incompatible' }]);
    await harness.with(world, async (start) => {
      const run = await start('deploy', input(world));
      await asked(run);
      await run.signal('approve', { by: owner });
      await run.signal('approve', { by: dataOwner });
      await until(run, ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the migration') === true);
      await run.signal('reject', { by: dataOwner, note: 'rows are missing' });
      const parked = await until(run, ({ phase }) => phase === 'parked');
      expect(parked.waitingFor).toMatchObject({ who: [dataOwner], what: expect.stringContaining('rows are missing') });
      await run.executeUpdate('decide', { args: [{ action: 'retry', by: dataOwner }] });
      await until(run, ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the migration') === true);
      await run.executeUpdate('approve', { args: [{ by: dataOwner }] });
      await run.result();
    });
  });

  it('of a result that wait give way to a rollback, which one person may complete alone', async () => {
    const approvals: CatalogEntry['settings']['approvals'] = {
      ...signed,
      rollback: [{ role: 'release-owner', count: 2 }],
      breakGlass: ['release-owner'],
      signOffs: { smoke: signOffs.smoke },
    };
    const world = new World({ approvals }, people);
    await harness.with(world, async (start) => {
      const deploy = await startSigned(start, 'deploy', input(world));
      const plan = await asked(deploy);
      await deploy.executeUpdate('approve', { args: [payload(plan, owner)] });
      await until(deploy, ({ waitingFor }) => waitingFor?.what.startsWith('sign-off of the smoke') === true);
      const rollback = await start('rollback', {
        service: world.service,
        environment: 'staging',
        requestedBy: owner,
        reason: 'errors at night',
      });
      const waiting = await asked(rollback);
      expect(waiting.waitingFor?.commands.at(-1)).toContain('break-glass');
      await expect(
        rollback.executeUpdate('approve', { args: [{ by: dataOwner, role: 'break-glass' }] }),
      ).rejects.toMatchObject({ cause: { type: 'Refused' } });
      await rollback.executeUpdate('approve', {
        args: [{ by: owner, role: 'break-glass', note: 'nobody else answers' }],
      });
      expect((await failureOf(deploy)).type).toBe('Preempted');
      await rollback.result();
      expect((await environment(world)).ledger.at(-1)).toMatchObject({
        kind: 'rollback',
        reason:
          `errors at night; break-glass by ${owner} as release-owner: asked for unsigned; ` +
          `break-glass by ${owner} as release-owner`,
        approvals: [{ breakGlass: true }],
      });
      expect((await rollback.query<{ what: string }[]>('timeline')).map(({ what }) => what).join('\n')).toContain(
        'break-glass: approved plan',
      );
    });
  }, 20_000);

  it('are only asked for where the request is signed by who makes it, for that input and workflow id', async () => {
    const world = new World({ approvals: signed }, people);
    const asked = input(world);
    const wrong: [string, (id: string) => object, string][] = [
      ['no signature', () => asked, 'is missing'],
      [
        'one for another id',
        () => ({ ...asked, request: requestFor('deploy', 'deploy-1', asked) }),
        'is not signed by developer@example.com',
      ],
      [
        'one for another commit',
        (id) => ({ ...asked, request: requestFor('deploy', id, { ...asked, commit: commits.old }) }),
        'is not signed by developer@example.com',
      ],
      [
        'one for another type',
        (id) => ({ ...asked, request: requestFor('promote', id, asked) }),
        'is not signed by developer@example.com',
      ],
      [
        'one with another person’s key',
        (id) => ({ ...asked, request: requestFor('deploy', id, asked, keys.ed25519) }),
        'is not signed by developer@example.com',
      ],
      [
        'one of yesterday',
        (id) => ({ ...asked, request: requestFor('deploy', id, asked, undefined, '2026-01-01T00:00:00.000Z') }),
        'was good until',
      ],
      [
        'one for ever',
        (id) => ({ ...asked, request: requestFor('deploy', id, asked, undefined, '2099-01-01T00:00:00.000Z') }),
        'may not be good for longer',
      ],
      [
        'something else',
        () => ({ ...asked, request: { expires: new Date(Date.now() + 600_000).toISOString(), signature: 'yes' } }),
        'something else than an SSH signature',
      ],
    ];
    await harness.with(world, async (start) => {
      for (const [name, of, reason] of wrong) {
        const id = `deploy-${randomUUID()}`;
        const { type, message } = await failureOf(await start('deploy', of(id), id));
        expect(type, name).toBe('InvalidInput');
        expect(message, name).toContain(reason);
        // The way out is in the message: the very text to sign.
        expect(message, name).toContain(`'workflow-id: ${id}' 'input: ${inputDigest(asked)}'`);
      }
      const run = await startSigned(start, 'deploy', asked);
      expect((await until(run, ({ waitingFor }) => waitingFor?.kind === 'approval')).steps[0]).toMatchObject({
        name: 'request',
        state: 'passed',
        detail: `signed by ${developer}`,
      });
      expect(
        await failureOf(
          await start('rollback', {
            service: world.service,
            environment: 'staging',
            requestedBy: developer,
            reason: 'errors',
          }),
        ),
      ).toEqual({
        type: 'InvalidInput',
        message: expect.stringContaining('unsigned, by who may break the glass: nobody here'),
      });
      await run.cancel();
      await expect(run.result()).rejects.toThrow();
    });
    expect(world.writes).toEqual([]);
  }, 20_000);
});
