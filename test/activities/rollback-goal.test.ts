import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import type { KnownGood } from '../../activities/known-good/rollback-goal.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { Plan } from '../../contract/plan.ts';
import { artifactOf, commits, digestOfCommit } from '../workflows/world.ts';
import { ledgerEntry as entry, situation, type Situation } from './ledger.ts';

const goal = (given: Situation, to: string | null = null): Promise<KnownGood> => {
  const { activities, stagingEntry } = situation(given);
  return new MockActivityEnvironment().run(activities.rollbackGoal, { entry: stagingEntry, to });
};

describe('where a rollback goes', () => {
  const ledger = [entry(commits.old), entry(commits.good), entry(commits.bad)];

  it('is the last known good state that does not serve now', async () => {
    expect(await goal({ serves: commits.bad, ledger })).toMatchObject({
      artifact: artifactOf(commits.good),
      verified: true,
    });
  });

  it('is recorded by a rollback if a person went there by hand: the ledger says something else', async () => {
    const served = (commit: string) => ({ revision: 'service-1', digest: digestOfCommit(commit), commit });
    const byLedger = (commit: string) => [entry(commits.good), entry(commits.bad, { serves: served(commit) })];
    const to = commits.good;
    expect(await goal({ serves: to, ledger: byLedger(commits.good) }, to)).toMatchObject({ isServed: true });
    expect(await goal({ serves: to, ledger: byLedger(commits.bad) }, to)).toMatchObject({ isServed: false });
  });

  it('is not one that is on hold', async () => {
    expect(await goal({ serves: commits.bad, ledger, held: [commits.good] })).toMatchObject({
      artifact: artifactOf(commits.old),
    });
  });

  it('is what still serves, while a deploy is under way', async () => {
    const holder = { kind: 'deploy', digest: digestOfCommit(commits.bad), change: 'c9' } as EnvironmentStatus['holder'];
    expect(
      await goal({ serves: commits.good, ledger: [entry(commits.old), entry(commits.good)], holder }),
    ).toMatchObject({ artifact: artifactOf(commits.good) });
    expect(await goal({ serves: commits.good, ledger: [], holder })).toMatchObject({
      artifact: artifactOf(commits.good),
      change: 'c9',
    });
  });

  it('is what a deploy found that has the traffic already: it says so itself', async () => {
    const holder = { kind: 'deploy', digest: digestOfCommit(commits.bad), change: 'c9' } as EnvironmentStatus['holder'];
    const planned = {
      rollbackTo: { revision: 'service-by-hand', digest: digestOfCommit(commits.old), commit: commits.old },
    } as Plan;
    expect(await goal({ serves: commits.bad, ledger: [], holder, planned })).toMatchObject({
      revision: 'service-by-hand',
      artifact: artifactOf(commits.old),
      verified: false,
    });
    await expect(goal({ serves: commits.bad, ledger: [], holder })).rejects.toMatchObject({ type: 'InvalidInput' });
  });

  it('is what served before the first change, where nothing else is known', async () => {
    const before = { revision: 'service-1', digest: digestOfCommit(commits.old), commit: commits.old };
    expect(await goal({ ledger: [entry(commits.good, { before })] })).toMatchObject({
      revision: 'service-1',
      verified: false,
    });
  });

  it.each([
    ['a change', entry(commits.old).change],
    ['a revision', 'service-a'],
    ['a commit', commits.old],
    ['the beginning of a commit', commits.old.slice(0, 8)],
  ])('can be named by %s', async (_name, to) => {
    expect(await goal({ serves: commits.bad, ledger }, to)).toMatchObject({ artifact: artifactOf(commits.old) });
  });

  it('is never what the ledger holds, though the environment that knew was terminated', async () => {
    const left = entry(commits.good, {
      kind: 'rollback',
      change: 'c-back',
      hold: { digest: digestOfCommit(commits.bad), commit: commits.bad, reason: 'errors' },
    });
    expect(await goal({ serves: commits.good, ledger: [...ledger, left], terminated: true })).toMatchObject({
      artifact: artifactOf(commits.old),
    });
  });

  it('says that a state serves already, when template and job agree', async () => {
    expect(await goal({ serves: commits.bad, ledger }, entry(commits.bad).change)).toMatchObject({ isServed: true });
    expect((await goal({ serves: commits.bad, ledger, job: commits.old }, entry(commits.bad).change)).isServed).toBe(
      false,
    );
    const holder = {
      kind: 'deploy',
      digest: digestOfCommit(commits.good),
      change: 'c9',
    } as EnvironmentStatus['holder'];
    expect((await goal({ serves: commits.bad, ledger, holder }, entry(commits.bad).change)).isServed).toBe(false);
  });

  it('is the configuration before, where the newest release brought no other image', async () => {
    const before = { revision: 'service-0', digest: digestOfCommit(commits.good), commit: commits.good };
    const first = entry(commits.good, { revision: 'service-0', change: 'c-first' });
    const second = entry(commits.good, { revision: 'service-1', change: 'c-second', before });
    const released = [entry(commits.old), first, second];
    const isBefore = { revision: 'service-0', isServed: false, isConfigurationOnly: true };
    expect(await goal({ ledger: released })).toMatchObject(isBefore);
    expect(await goal({ ledger: released }, 'c-first')).toMatchObject(isBefore);
    expect(await goal({ ledger: released }, 'c-second')).toMatchObject({ isServed: true, isConfigurationOnly: false });
    // Undone, it is not gone back to.
    const undone = entry(commits.good, { kind: 'rollback', revision: 'service-0', change: 'c-back' });
    expect(await goal({ ledger: [...released, undone] })).toMatchObject({ artifact: artifactOf(commits.old) });
  });

  it('is what serves, if a failed change may have left another schema; a verified state settles it', async () => {
    const left = entry(commits.bad, { verified: false, irreversible: true, change: 'c-left' });
    expect(await goal({ serves: commits.good, ledger: [entry(commits.good), left] })).toMatchObject({
      artifact: artifactOf(commits.good),
      unreleasedSchemaChanges: [expect.stringContaining('c-left')],
    });
    expect((await goal({ serves: commits.good, ledger: [entry(commits.good), left] })).isServed).toBe(false);
    const settled = await goal({
      serves: commits.good,
      ledger: [entry(commits.old), left, entry(commits.good, { kind: 'rollback' })],
    });
    expect(settled.artifact).toEqual(artifactOf(commits.old));
    expect(settled.unreleasedSchemaChanges).toEqual([]);
  });

  it('has the image of the repository that serves where the catalog has no build', async () => {
    const { activities, stagingEntry } = situation({ serves: commits.bad, ledger });
    const entryWithoutBuild = { ...stagingEntry, build: null };
    const found = await new MockActivityEnvironment().run(activities.rollbackGoal, {
      entry: entryWithoutBuild,
      to: null,
    });
    expect(found).toMatchObject({ artifact: artifactOf(commits.good) });
  });

  it('may need a schema that people have brought back by hand since it was verified', async () => {
    const repair = entry(commits.old, { kind: 'rollback', schemaRepaired: true, change: 'c-back' });
    const repaired = [entry(commits.old), entry(commits.good), repair];
    expect(await goal({ serves: commits.old, ledger: repaired }, commits.good)).toMatchObject({
      schemaRepairs: [expect.stringContaining('rollback c-back')],
    });
    expect(await goal({ serves: commits.bad, ledger: repaired }, commits.old)).not.toHaveProperty('schemaRepairs');
  });

  it('names a change by what it verified, not by what was there before it', async () => {
    const before = { revision: 'service-1', digest: digestOfCommit(commits.old), commit: commits.old };
    const failed = entry(commits.good, { verified: false, outcome: 'rolled back: the bake failed', before });
    await expect(goal({ serves: commits.old, ledger: [failed] }, failed.change)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/never verified.*the bake failed/),
    });
    expect(await goal({ serves: commits.good, ledger: [entry(commits.good, { before })] }, 'service-1')).toMatchObject({
      artifact: artifactOf(commits.old),
      verified: false,
    });
  });
});

describe('what cannot be gone back to is refused with everything that is wrong and what there is instead', () => {
  const ledger = [entry(commits.old), entry(commits.good), entry(commits.bad)];
  const problems = async (given: Situation, to: string | null = null) => {
    const error: unknown = await goal(given, to).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    return (error as Error).message;
  };

  it('an unknown name: the states that are known, without what serves and what is on hold', async () => {
    const message = await problems({ serves: commits.bad, ledger, held: [commits.old] }, 'previous');
    expect(message).toContain('previous is no known-good state of staging');
    expect(message).toContain(entry(commits.good).change);
    expect(message).not.toContain(entry(commits.bad).change);
    expect(message).not.toContain(entry(commits.old).change);
  });

  it('an ambiguous one: the states that share it', async () => {
    const one = entry(`${'e'.repeat(10)}1${'0'.repeat(29)}`, { change: 'c-one', digest: digestOfCommit(commits.old) });
    const two = entry(`${'e'.repeat(10)}2${'0'.repeat(29)}`, { change: 'c-two', digest: digestOfCommit(commits.good) });
    const message = await problems({ serves: commits.bad, ledger: [one, two] }, 'eeeeeee');
    expect(message).toMatch(/ambiguous: .*c-two.*c-one.* give a change id or the whole commit/);
  });

  it('one on hold whose image is gone: both at once, and the next one', async () => {
    const message = await problems(
      { serves: commits.bad, ledger, held: [commits.good], deleted: [commits.good] },
      commits.good,
    );
    expect(message).toContain('is on hold since');
    expect(message).toContain('./slipway environment lift');
    expect(message).toContain('is not in the registry any more');
    expect(message).toContain(`the newest first: commit ${commits.old.slice(0, 12)} (`);
  });

  it('a deleted image: no silent choice of an older state, but its name', async () => {
    const message = await problems({ serves: commits.bad, ledger, deleted: [commits.good] });
    expect(message).toContain(digestOfCommit(commits.good));
    expect(message).toContain(`the newest first: commit ${commits.old.slice(0, 12)} (`);
  });

  it('nothing was ever released: what to do instead', async () => {
    expect(await problems({ serves: null, ledger: [] })).toMatch(
      /no earlier state.*nothing serves and nothing ever did.*\.\/slipway deploy/,
    );
    expect(await problems({ ledger: [entry(commits.good)] })).toMatch(
      /no earlier state.*the oldest state that is known/,
    );
  });

  it('the first release ever is under way: where it is stopped', async () => {
    const holder = {
      kind: 'deploy',
      digest: digestOfCommit(commits.bad),
      change: 'c9',
      owner: 'developer@example.com',
      workflowId: 'deploy-9',
    } as EnvironmentStatus['holder'];
    expect(await problems({ serves: null, ledger: [], holder })).toMatch(
      /deploy c9 of developer@example\.com is under way.*cancel deploy-9/,
    );
  });

  it('does not wait for a registry that does not answer', async () => {
    const { activities, stagingEntry, world } = situation({ serves: commits.bad, ledger });
    world.failNext('isStored', 'Denied', 'the registry refuses');
    expect(
      await new MockActivityEnvironment().run(activities.rollbackGoal, { entry: stagingEntry, to: null }),
    ).toMatchObject({ artifact: artifactOf(commits.good), unchecked: expect.stringContaining('registry') });
  });
});
