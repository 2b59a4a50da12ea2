import { describe, expect, it } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { changeEntries } from '../../contract/ledger.ts';
import { callsOf, effective } from '../end-to-end/call-log.ts';
import type { Estate, Place } from '../end-to-end/estate.ts';
import { executionsStarted, overlappingChanges } from '../end-to-end/invariants.ts';
import { owner, type Run } from '../end-to-end/runs.ts';
import { failureOf } from '../failure-of.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { eventually } from '../until.ts';
import { expectFailure } from '../expect-failure.ts';

const slowMigration = (place: Place): void => {
  place.variables = { ...place.variables, MIGRATION_PAUSE_MS: '2500' };
};

const sandbox = openSandbox();

/** Who holds an environment, and what becomes of it when the holder ends in an unusual way. */
describe('the holder of an environment', () => {
  const migrating = async (estate: Estate): Promise<{ run: Run; change: string }> => {
    const run = await sandbox.runs.start('deploy', estate.input('good'));
    const { change } = await sandbox.runs.untilPhase(run, 'migrating');
    await eventually('the migration', async () => executionsStarted(await sandbox.calls(), change).length > 0);
    return { run, change };
  };

  /** The execution that one change left had ended before the next change wrote anything. */
  const expectQuietBefore = async (estate: Estate, left: string, next: string): Promise<void> => {
    const calls = await sandbox.calls();
    const [started] = executionsStarted(calls, left);
    const execution = (await sandbox.platform.executions(estate.job)).find(({ name }) => name === started?.resource);
    const [first] = effective(callsOf(calls, next));
    expect(Number(execution?.completionTime?.seconds ?? Infinity)).toBeLessThanOrEqual(
      Date.parse(first?.startedAt ?? '') / 1000,
    );
  };

  it('is one at a time, though three deploys are started at once', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'raced' });
    const started = await Promise.all([1, 2, 3].map(() => runs.start('deploy', estate.input('good'))));
    const results = await Promise.all(started.map((run) => run.result()));
    expect(new Set(results.map(({ change }) => change)).size).toBe(3);
    const { ledger } = await runs.environment(estate.name);
    expect(ledger.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(await estate.served()).toMatchObject({
      serving: [{ revision: changeEntries(ledger).at(-1)?.revision, percent: 100 }],
    });
  });

  it('that is cancelled finishes its migration, restores and frees the environment', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'cancelled', place: slowMigration });
    const before = await estate.shape();
    const { run, change } = await migrating(estate);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await estate.tables()).toContain('khala_projection_checkpoints');
    expect(await estate.shape()).toEqual(before);
    expect(executionsStarted(await sandbox.calls(), change)).toHaveLength(1);
    expect(await runs.environment(estate.name)).toMatchObject({ phase: 'free', holder: null, holds: [] });
  });

  it('that meets a freeze while it migrates gives way afterwards, and comes back with its approvals', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'frozen',
      place: (place) => {
        slowMigration(place);
        place.approvals = { required: [{ role: 'release-owner' }] };
      },
    });
    const before = await estate.shape();
    const run = await runs.start('deploy', estate.input('good'));
    await runs.approve(run);
    const { change } = await runs.untilPhase(run, 'migrating');
    await eventually('the migration', async () => executionsStarted(await sandbox.calls(), change).length > 0);
    await runs.tell(estate.name, 'freeze', 'stocktaking');
    await runs.until(run, ({ waitingFor }) => waitingFor?.kind === 'freeze');
    expect(await estate.tables()).toContain('khala_projection_checkpoints');
    expect(await estate.shape()).toEqual(before);
    await runs.tell(estate.name, 'unfreeze', 'counted');
    const { revision } = await run.result();
    expect(revision).toMatch(/-a2$/);
    expect((await runs.status(run)).approvals).toHaveLength(1);
    expect(executionsStarted(await sandbox.calls(), change)).toHaveLength(1);
    expect((await estate.served()).serving).toEqual([expect.objectContaining({ revision, percent: 100 })]);
  });

  it('that is terminated is noticed; the next one waits for what it left running', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'terminated', place: slowMigration });
    const { run, change } = await migrating(estate);
    await run.terminate('by a test');
    const next = await runs.start('deploy', estate.input('good'));
    const result = await next.result();
    await expectQuietBefore(estate, change, result.change);
    expect((await runs.environment(estate.name)).ledger.map(({ kind, number }) => `${kind} ${number}`)).toEqual([
      'unclean 1',
      'deploy 2',
    ]);
  });

  it('that is terminated is followed by the rollback when the migration has ended, then by the deploy', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'terminated-busy', place: slowMigration });
    const before = (await estate.served()).serving[0]?.image;
    const { run, change } = await migrating(estate);
    const deploy = await runs.start('deploy', estate.input('good'));
    await runs.until(deploy, ({ waitingFor }) => waitingFor?.kind === 'queue');
    const rollback = await runs.start('rollback', {
      service: estate.name,
      environment: estate.environment,
      requestedBy: owner,
      reason: 'errors',
    });
    await run.terminate('by a test');
    const back = await rollback.result();
    await expectQuietBefore(estate, change, back.change);
    // What the rollback left is on hold, and so is the queued deploy of the very same artifact.
    const { type } = await deploy.result().then(
      () => ({ type: 'released' }),
      () => failureOf(deploy),
    );
    const { ledger, holder, queue } = await runs.environment(estate.name);
    expect({ holder, queue }).toEqual({ holder: null, queue: [] });
    expect(ledger.slice(0, 2).map((entry) => `${entry.kind} ${'change' in entry && entry.change}`)).toEqual([
      `unclean ${change}`,
      `rollback ${back.change}`,
    ]);
    expect(overlappingChanges(await sandbox.calls())).toEqual([]);
    const image = (await estate.served()).serving[0]?.image;
    expect(image).toBe(type === 'released' ? await estate.image('good') : before);
  });

  it('is refused its writes once the environment itself was terminated and another one has begun', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'forgotten', place: slowMigration });
    const { run, change } = await migrating(estate);
    await runs.client.workflow.getHandle(environmentWorkflowId(estate.name, estate.environment)).terminate('by a test');
    const result = await runs.complete('deploy', estate.input('good'));
    await expectFailure(run, 'Preempted');
    await expectQuietBefore(estate, change, result.change);
    const calls = await sandbox.calls();
    expect(effective(callsOf(calls, change)).map(({ markers }) => markers.step)).toEqual([
      'fence',
      'fence',
      'stage',
      'sync-job',
      'migrate',
    ]);
    expect((await runs.environment(estate.name)).ledger).toEqual([
      expect.objectContaining({ kind: 'unclean', change, number: 1 }),
      expect.objectContaining({ change: result.change, verified: true }),
    ]);
  });

  it('whose lock is broken while it migrates is refused; the next one waits for the migration', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'broken', place: slowMigration });
    const { run, change } = await migrating(estate);
    await runs.tell(estate.name, 'breakLock', 'its worker is thought to be gone');
    const result = await runs.complete('deploy', estate.input('good'));
    await expectFailure(run, 'Preempted');
    await expectQuietBefore(estate, change, result.change);
    expect(effective(callsOf(await sandbox.calls(), change)).at(-1)?.markers.step).toBe('migrate');
    expect((await runs.environment(estate.name)).ledger.map(({ kind, number }) => `${kind} ${number}`)).toEqual([
      'unclean 1',
      'deploy 3',
    ]);
  });
});
