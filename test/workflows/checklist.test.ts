import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckRun } from '../../activities/ports/index.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { expectFailure, refused } from '../expect-failure.ts';
import { failureOf, until } from './harness.ts';
import { openHarness } from './stage.ts';
import { commits, noApprovals, owner } from './world.ts';
import { approveStop, cancel, decide, releaseOf, statusOf, timelineOf, untilParked, untilStopWaits } from './runs.ts';
import { TrainWorld } from './train.ts';

const checkRun = (name: string, conclusion: string | null): CheckRun => ({
  name,
  app: null,
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  url: `https://github.example/checks/${name}`,
});
const github = {
  commands: [],
  github: {
    repository: 'example/service',
    checks: ['check', 'build', 'test'],
    skippable: ['build'],
    timeoutMinutes: 1,
  },
};
const gate = (name: string, ...command: string[]) => ({ name, command, timeoutSeconds: 20 });
const linesOf = ({ steps }: ChangeStatus) =>
  Object.fromEntries(
    steps
      .filter(({ name }) => name.startsWith('checklist: '))
      .map(({ name, state, detail, error }) => [name.replace('checklist: ', ''), `${state}: ${error ?? detail ?? ''}`]),
  );
const built = ({ steps }: ChangeStatus) => steps.some(({ name, state }) => name === 'build' && state === 'passed');

/** The runbook's inputs, in both environments. */
const place = {
  inputs: ['DATABASE_URL', 'CHAIN_ID'],
  variables: { CHAIN_ID: '1' },
  secrets: { DATABASE_URL: { secret: 'database-url', version: 'latest' } },
};

const harness = openHarness();

describe('the checklist of a release', () => {
  const world = () => {
    const made = new TrainWorld({ approvals: noApprovals, ...place }, place);
    made.checklist = github;
    made.checkRuns = [checkRun('check', 'success'), checkRun('build', 'skipped'), checkRun('test', 'success')];
    made.migrations.set(commits.old, [{ name: '20260101_one.sql', compatibility: 'compatible' }]);
    made.migrations.set(commits.good, [
      { name: '20260101_one.sql', compatibility: 'compatible' },
      { name: '20260201_two.sql', compatibility: 'compatible' },
    ]);
    return made;
  };

  it('shows every line with its evidence before anything is built', async () => {
    const fine = world();
    await harness.with(fine, async (start) => {
      const run = await start('release', releaseOf(fine));
      const lines = linesOf(await until(run, built));
      expect(Object.keys(lines)).toEqual([
        'check',
        'build',
        'test',
        'migrations',
        'commit',
        'inputs and secrets',
        'rollback target',
      ]);
      expect(lines).toMatchObject({
        check: 'passed: success: https://github.example/checks/check',
        migrations: expect.stringContaining('new: 20260201_two.sql (compatible)'),
        commit: `passed: ${commits.good} on main: a commit`,
        'inputs and secrets':
          'passed: staging: 2 inputs declared, 1 secrets enabled; production: 2 inputs declared, 1 secrets enabled',
        'rollback target': expect.stringMatching(
          /passed: staging: commit aaaaaaaaaaaa \(revision service-1, serves now\); production: commit/,
        ),
      });
      await cancel(run);
    });
  });

  it('says all that is in the way at once, and nothing was touched', async () => {
    const bad = world();
    bad.secretStates.set('database-url', 'disabled');
    bad.checkRuns = [checkRun('check', 'success'), checkRun('build', 'success'), checkRun('test', 'failure')];
    bad.migrations.set(commits.good, [{ name: '20251201_late.sql', compatibility: 'compatible' }]);
    await harness.with(bad, async (start) => {
      const { type, message } = await failureOf(await start('release', releaseOf(bad)));
      expect(type).toBe('Aborted');
      for (const said of [
        'test: ended as failure',
        'version latest of secret database-url is disabled',
        '20251201_late.sql is older than 20260101_one.sql',
        'runs with 20260101_one.sql, which the commit does not have',
      ]) {
        expect(message).toContain(said);
      }
    });
    expect([...bad.built, ...bad.writes, ...bad.production.writes]).toEqual([]);
  });

  it('ends as InvalidInput for a commit that is not on the release branch, with what else is wrong', async () => {
    const bad = world();
    bad.onBranch = false;
    bad.secretStates.set('database-url', 'missing');
    await harness.with(bad, async (start) => {
      const { type, message } = await failureOf(await start('release', releaseOf(bad)));
      expect(type).toBe('InvalidInput');
      for (const said of ['is not on the release branch main', 'secret database-url is missing'])
        expect(message).toContain(said);
    });
    expect(bad.built).toEqual([]);
  });

  it('looks at the branch again when a stop is entered: a commit taken away meanwhile goes no further', async () => {
    const taken = world();
    await harness.with(taken, async (start) => {
      const run = await start('release', releaseOf(taken));
      await untilStopWaits(run, 'production');
      taken.onBranch = false;
      await approveStop(run, owner);
      await expectFailure(run, 'Superseded', 'production: commit');
    });
    expect(taken.production.writes).toEqual([]);
  });

  it('parks a stop while the repository does not answer: that says nothing against the artifact', async () => {
    const silent = world();
    await harness.with(silent, async (start) => {
      const run = await start('release', releaseOf(silent));
      await untilStopWaits(run, 'production');
      silent.failNext('commit', 'Denied', 'git does not answer');
      await approveStop(run, owner);
      await until(
        run,
        ({ waitingFor }) => waitingFor?.what.includes('production: a decision about commit-on-entry') === true,
      );
      expect(silent.production.writes).toEqual([]);
      await decide(run, 'retry');
      await run.result();
      const names = (await statusOf(run)).steps
        .map(({ name }) => name)
        .filter((name) => name.startsWith('production: '));
      expect(names.indexOf('production: commit-on-entry')).toBe(names.indexOf('production: fence') - 1);
      expect(names.indexOf('production: commit-before-shift')).toBe(names.indexOf('production: shift') - 1);
    });
  });

  it('waits for a person where nothing was found out, and takes a look again or their evidence', async () => {
    const unsure = world();
    unsure.checkRuns = [];
    await harness.with(unsure, async (start) => {
      const run = await start('release', releaseOf(unsure));
      const parked = await untilParked(run);
      expect(parked.waitingFor).toMatchObject({
        kind: 'operator',
        what: expect.stringContaining('checklist: check: not known: GitHub has no check check'),
      });
      expect(unsure.built).toEqual([]);
      await expect(decide(run, 'skip')).rejects.toMatchObject(refused);
      unsure.checkRuns = [checkRun('check', 'success')];
      await decide(run, 'retry');
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('checklist: build') === true);
      await decide(run, 'markDone', { evidence: 'built by hand' });
      await until(run, ({ waitingFor }) => waitingFor?.what.includes('checklist: test') === true);
      unsure.checkRuns = [checkRun('test', 'cancelled')];
      await decide(run, 'retry');
      await expectFailure(run, 'Aborted', 'test: ended as cancelled');
      expect(linesOf(await statusOf(run))).toMatchObject({
        check: expect.stringMatching(/^passed/),
        build: `passed: confirmed by ${owner}: built by hand`,
      });
    });
  });

  it("runs the commit's own gates in a checkout, and keeps the end of what they said", async () => {
    const local = world();
    local.checklist = {
      commands: [
        gate('check', 'node', '-e', 'console.log("all is well")'),
        gate('test', 'node', '-e', 'console.log("2 tests failed"); process.exit(1)'),
      ],
    };
    await harness.with(local, async (start) => {
      const run = await start('release', releaseOf(local));
      await expectFailure(run, 'Aborted', 'test: node -e');
      expect(linesOf(await statusOf(run))).toMatchObject({
        check: expect.stringMatching(/^passed: .*last line: all is well$/),
        test: expect.stringMatching(/^failed: .*last line: 2 tests failed$/),
      });
      expect(await timelineOf(run)).toContain('test: 2 tests failed');
    });
    expect(local.built).toEqual([]);
  });

  it('runs nothing of a commit that is not on the release branch: whoever may push could run it', async () => {
    const pushed = world();
    pushed.onBranch = false;
    const file = path.join(tmpdir(), `slipway-pushed-${randomUUID()}`);
    pushed.checklist = { commands: [gate('check', 'node', '-e', `fs.writeFileSync(${JSON.stringify(file)}, '')`)] };
    await harness.with(pushed, async (start) => {
      const run = await start('release', releaseOf(pushed));
      await expectFailure(run, 'InvalidInput', 'none of its programs is run');
    });
    expect(existsSync(file)).toBe(false);
  });

  it('says that nothing was confirmed where the catalog has no checklist', async () => {
    const without = world();
    without.checklist = null;
    await harness.with(without, async (start) => {
      const run = await start('release', releaseOf(without));
      expect(linesOf(await until(run, built))['quality gates']).toBe(
        'skipped: not confirmed: the catalog has no checklist',
      );
      await cancel(run);
    });
  });
});
