import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../failure-of.ts';
import { callsOf, effective, shortMethod } from './call-log.ts';
import { executionsStarted, unmarkedMutations } from './invariants.ts';
import { developer, owner } from './runs.ts';
import { openSandbox } from './stage.ts';

const runtimeTables = ['khala_projection_checkpoints', 'sync_stream_events'];

const sandbox = openSandbox();

describe('deploy', () => {
  it('goes from approval over the migration to a release that is read back', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'good',
      place: (place) => (place.approvals = { required: [{ role: 'release-owner' }], expiresAfterMinutes: 5 }),
    });
    const before = (await sandbox.calls()).length;
    const run = await runs.start('deploy', estate.input('good'));
    const waiting = await runs.untilPhase(run, 'approval');
    expect(waiting.waitingFor?.commands[0]).toContain(`--workflow-id ${run.workflowId} --name approve`);
    expect(await estate.tables()).not.toContain(runtimeTables[0]);
    await run.executeUpdate('approve', { args: [{ by: owner, plan: waiting.plan.slice(0, 12) }] });
    const result = await run.result();

    const image = await estate.image('good');
    expect(result).toMatchObject({
      commit: estate.commit('good'),
      digest: image.split('@')[1],
      revision: `good-${result.change}-a1`,
    });
    expect(await estate.tables()).toEqual(expect.arrayContaining(runtimeTables));
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('good') } });
    expect((await estate.createRun()).status).toBe(201);
    // I2, as Google's own clients read it: one digest everywhere.
    expect(await estate.served()).toMatchObject({
      serving: [{ revision: result.revision, image, percent: 100 }],
      templateImage: image,
      jobImage: image,
    });

    const calls = (await sandbox.calls()).slice(before);
    const [started, ...more] = executionsStarted(calls, result.change);
    expect(more).toEqual([]);
    const [execution] = (await sandbox.platform.executions(estate.job)).filter(
      ({ name }) => name === started?.resource,
    );
    expect(execution?.template?.containers?.[0]?.image).toBe(image);
    expect(await sandbox.platform.taskAttempts(execution ?? {})).toBe(1);
    expect(effective(callsOf(calls, result.change)).map((call) => `${call.markers.step} ${shortMethod(call)}`)).toEqual(
      [
        'fence Services/UpdateService',
        'fence Jobs/UpdateJob',
        'stage Services/UpdateService',
        'sync-job Jobs/UpdateJob',
        'migrate Jobs/UpdateJob',
        'shift Services/UpdateService',
      ],
    );
    expect(unmarkedMutations(calls, new RegExp(`/(services|jobs)/${estate.name}(-migrate)?($|/)`))).toEqual([]);

    const { historyLength, historySize = 0 } = await run.describe();
    expect(historyLength).toBeLessThanOrEqual(150);
    expect(historySize).toBeGreaterThan(0);
    expect(historySize).toBeLessThanOrEqual(128 * 1024);
    expect((await runs.environment(estate.name)).ledger.at(-1)).toMatchObject({
      change: result.change,
      outcome: 'released',
      verified: true,
    });
  });

  it('needs nothing but the temporal command line: the commands of status work as they stand', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({
      name: 'byhand',
      place: (place) => (place.approvals = { required: [{ role: 'release-owner' }], expiresAfterMinutes: 5 }),
    });
    const id = 'release-of-today';
    await sandbox.shell(
      'temporal workflow start --address "$ADDRESS" --task-queue slipway --type deploy ' +
        `--workflow-id ${id} --input '${JSON.stringify(estate.input('good'))}'`,
    );
    const run = runs.get(id);
    await runs.untilPhase(run, 'approval');
    const answer = await sandbox.shell(
      `temporal workflow query --address "$ADDRESS" --workflow-id ${id} --name status --output json`,
    );
    const [{ waitingFor }] = z
      .object({
        queryResult: z.tuple([
          z.object({ waitingFor: z.object({ kind: z.literal('approval'), commands: z.array(z.string()) }) }),
        ]),
      })
      .parse(JSON.parse(answer)).queryResult;
    await sandbox.shell(waitingFor.commands[0] ?? '');
    await sandbox.shell(`temporal workflow result --address "$ADDRESS" --workflow-id ${id}`);
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('good') } });
  });

  it('lists every problem of an input, and nothing outside is touched', async () => {
    const { runs } = sandbox;
    const estate = await sandbox.estate({ name: 'refusing' });
    const before = (await sandbox.calls()).length;
    const foreign = `us-central1-docker.pkg.dev/slipway-sandbox/web/openagents-web@sha256:${'0'.repeat(64)}`;
    const good = estate.input('good');
    const { commit: _commit, ...withoutCommit } = good;
    const inputs: [unknown, string[]][] = [
      [
        { service: 'Not A Name', environment: 7, commit: 'abc', requestedBy: '', surprise: true },
        ['service:', 'environment:', 'commit:', 'requestedBy:', 'surprise:'],
      ],
      [{ ...good, service: 'nobody' }, ['service: unknown service nobody']],
      [{ ...good, environment: 'moon' }, ['environment: unknown environment moon']],
      [{ ...good, commit: 'd'.repeat(40) }, ['commit: unknown commit']],
      [{ ...withoutCommit, image: foreign }, ['image: is of another repository']],
      [
        { service: estate.name, environment: 'production', requestedBy: developer },
        ['commit: give either commit or image'],
      ],
      [undefined, ['service:', 'environment:', 'requestedBy:']],
    ];
    for (const [input, problems] of inputs) {
      const run = await runs.start('deploy', input);
      const failure = await failureOf(run);
      expect(failure.type).toBe('InvalidInput');
      for (const problem of problems) expect(failure.message).toContain(problem);
      expect(await runs.status(run)).toMatchObject({
        phase: 'failed',
        outcome: expect.stringContaining('InvalidInput'),
      });
    }
    expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
  });
});
