import { describe, expect, it } from 'vitest';
import { bellNames } from '../../contract/bells.ts';
import { failedGateCause, incidentWorkflowId } from '../../contract/ids.ts';
import type { IncidentResult } from '../../contract/incident/status.ts';
import { passingFailure } from '../../activities/failure.ts';
import { expectFailure } from '../expect-failure.ts';
import { eventually } from '../until.ts';
import { failureOf, until, type ChangeHandle } from './harness.ts';
import {
  endByWord,
  openIncident,
  say,
  statusOfIncident,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from './incident-runs.ts';
import { deployOf, release, statusOf, timelineOf } from './runs.ts';
import { openHarness } from './stage.ts';
import { commits, developer, failingSmoke, noApprovals, World } from './world.ts';

const harness = openHarness();
const long = process.env['SLIPWAY_LONG'] !== undefined;
const again = { name: 'again', method: 'GET' as const, path: '/healthz', status: [200], timeoutSeconds: 5 };
const failing = [{ ...again, status: [418] }];
type Settings = NonNullable<ConstructorParameters<typeof World>[0]>;

/** A world in which what users get fails its verification. */
function brokenWorld(incidents: object | null = {}, more: Settings = {}): World {
  const rules = incidents && { incidents };
  return new World({ approvals: noApprovals, verification: failing, ...rules, ...more } as unknown as Settings);
}

function incidentOf({ service }: World): IncidentHandle {
  const id = incidentWorkflowId(service, 'staging', failedGateCause);
  return harness.client.workflow.getHandle<(input: unknown) => Promise<IncidentResult>>(id);
}

/** Sets aside what fails, so that something good serves first. */
async function releaseGood(start: Parameters<typeof release>[0], world: World) {
  const { entry } = world;
  const { verification: _verification, ...settings } = entry.settings;
  world.entry = { ...entry, settings };
  const result = await release(start, world);
  world.entry = entry;
  return result;
}

describe('a change whose gate under traffic fails', () => {
  it('takes itself back, then opens an incident that proposes only what remains', async () => {
    const world = brokenWorld();
    await harness.with(world, async (start) => {
      const good = await releaseGood(start, world);
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await expectFailure(deploy, 'RolledBack', 'again');
      const { change, stepBack } = await statusOf(deploy);
      expect(stepBack).toMatchObject({ gate: 'verify', restore: { succeeded: true } });
      expect(await timelineOf(deploy)).toContain(`opened ${incidentOf(world).workflowId}`);
      const run = incidentOf(world);
      const status = await untilTriaged(run);
      expect(status).toMatchObject({
        title: expect.stringMatching(/^deploy of commit cccccccccccc failed in verify and was taken back$/),
        openedBy: `deploy ${change}`,
        severity: 'SEV-3',
        onset: stepBack?.shiftedAt,
        mitigations: [{ name: 'restore', by: `deploy ${change}`, workflowId: deploy.workflowId, succeeded: true }],
      });
      expect(status.suspects[0]).toMatchObject({ change, commit: commits.bad, score: 100 });
      expect(status.proposal).toMatchObject({
        what: expect.stringContaining('Its artifact stays on hold until a person lifts it (./slipway environment lift'),
        command: expect.stringContaining('./slipway incident follow-up'),
      });
      const environment = await harness.environmentStatus(world);
      expect(environment).toMatchObject({ freeze: null, runs: { digest: good.digest } });
      expect(environment.holds).toMatchObject([{ change }]);
      const followUp = { text: 'find the cause', owner: developer, dueAt: '2999-01-01' };
      await say(run, 'followUp', followUp);
      await say(run, 'note', { text: 'the backend was not configured' });
      const { proposal } = await untilIncident(
        run,
        'what remains is to look',
        (one) => one.proposal?.command.includes('incident resolve') === true,
      );
      expect(proposal?.what).toContain('see whether the symptom is gone');
      await endByWord(run);
    });
  });

  it('opens an incident that proposes the rollback where its restore fails, and keeps others out', async () => {
    const world = brokenWorld();
    await harness.with(world, async (start) => {
      const good = await releaseGood(start, world);
      world.failNext('restore', 'BadRequest', 'the revision is gone');
      const deploy = await start('deploy', deployOf(world, { commit: commits.bad }));
      await expectFailure(deploy, 'RestoreFailed', 'the revision is gone');
      const run = incidentOf(world);
      const status = await untilTriaged(run);
      expect(status).toMatchObject({
        severity: 'SEV-2',
        mitigations: [{ name: 'restore', succeeded: false, outcome: expect.stringContaining('the revision is gone') }],
        proposal: { what: expect.stringMatching(/^roll back: deploy of commit cccccccccccc failed in verify/) },
      });
      await harness.untilEnvironment(world, ({ freeze }) => freeze?.by === run.workflowId);
      await say(run, 'mitigate');
      await untilIncident(run, 'mitigated', ({ mitigations }) => mitigations.at(-1)?.succeeded === true);
      expect((await harness.environmentStatus(world)).runs?.digest).toBe(good.digest);
      expect((await statusOfIncident(run)).proposal?.what).toContain('see whether the symptom is gone');
      await endByWord(run);
    });
  });

  it('joins the incident that lives, once', async () => {
    const world = brokenWorld();
    await harness.with(world, async (start) => {
      const first = await start('deploy', deployOf(world));
      await expectFailure(first, 'RolledBack');
      const run = incidentOf(world);
      await untilTriaged(run);
      const second = await start('deploy', deployOf(world, { commit: commits.bad }));
      await expectFailure(second, 'RolledBack');
      expect(await timelineOf(second)).toContain(`joined ${run.workflowId}`);
      const joined = await untilIncident(run, 'both are known', ({ brokenChanges }) => brokenChanges.length === 2);
      expect(joined.suspects.map(({ commit }) => commit).slice(0, 2)).toEqual([commits.bad, commits.good]);
      // The same bell once more, such as after a lost answer.
      const { firstExecutionRunId, workflowId } = joined.brokenChanges[1] ?? {
        firstExecutionRunId: '',
        workflowId: '',
      };
      await run.signal(bellNames.steppedBack, { workflowId, firstExecutionRunId });
      await untilIncident(run, 'it looked again', ({ phase }) => phase === 'responding');
      expect((await statusOfIncident(run)).mitigations).toHaveLength(2);
      await endByWord(run);
    });
  });

  // It takes the whole minute of the last words; an alert in that minute is in incident-end.test.ts.
  it.skipIf(!long)(
    'opens the next incident when it comes while the end of the one before is decided',
    async () => {
      const notifications = { company: { kind: 'slackWebhook', webhook: { secret: 'hook' }, severities: ['SEV-3'] } };
      const world = brokenWorld({}, { notifications } as unknown as Settings);
      world.people.before = async () => {
        throw passingFailure('the Slack webhook answered 503');
      };
      await harness.with(world, async (start) => {
        await expectFailure(await start('deploy', deployOf(world)), 'RolledBack');
        const first = await untilTriaged(incidentOf(world));
        await say(incidentOf(world), 'resolve', { falseAlarm: true });
        await untilIncident(incidentOf(world), 'people are still told', ({ phase }) => phase === 'done');
        const second = await start('deploy', deployOf(world, { commit: commits.bad }));
        await expectFailure(second, 'RolledBack');
        await eventually(
          'the next one lives',
          async () => (await statusOfIncident(incidentOf(world))).outcome === null,
          90_000,
        );
        const next = await untilTriaged(incidentOf(world));
        expect(next.incident).not.toBe(first.incident);
        expect(next.brokenChanges).toMatchObject([{ workflowId: second.workflowId, commit: commits.bad }]);
        await incidentOf(world).terminate();
      });
    },
    150_000,
  );

  it('survives its worker: whoever goes on opens the incident, and one', async () => {
    const world = brokenWorld();
    await harness.with(world, async (start, replaceWorker) => {
      const letGo = world.holdNext('restore');
      const deploy = await start('deploy', deployOf(world));
      await until(deploy, ({ phase }) => phase === 'restoring');
      // The old worker ends with the restore; what follows is for the next one.
      const replaced = replaceWorker();
      letGo();
      await replaced;
      await expectFailure(deploy, 'RolledBack');
      const run = incidentOf(world);
      expect((await untilTriaged(run)).mitigations).toMatchObject([{ name: 'restore', succeeded: true }]);
      await endByWord(run);
    });
  });

  it('opens none where users saw nothing of it, where the catalog says no, and where it says nothing', async () => {
    const worlds = [
      brokenWorld({}, { smoke: failingSmoke, verification: [again] }),
      brokenWorld({ openAfterFailedGate: false }),
      brokenWorld(null),
    ];
    for (const world of worlds) {
      await harness.with(world, async (start) => {
        const deploy = await start('deploy', deployOf(world));
        await expectFailure(deploy, 'RolledBack');
        await expect(incidentOf(world).describe()).rejects.toThrow(/not found/);
      });
    }
  });
});

describe('an incident that says it was opened by a change', () => {
  it('is rejected where the change knows nothing of it, and calls nobody', async () => {
    const world = brokenWorld({}, { verification: [again] });
    await harness.with(world, async (start) => {
      const deploy = await start('deploy', deployOf(world));
      await deploy.result();
      const { firstExecutionRunId } = await described(deploy);
      const change = { workflowId: deploy.workflowId, firstExecutionRunId };
      const forged = await openIncident(start, world, { openedBy: 'deploy c0123456789', severity: 'SEV-1', change });
      expect(await failureOf(forged as unknown as ChangeHandle)).toMatchObject({
        type: 'Rejected',
        message: expect.stringContaining('was not taken back'),
      });
      expect((await harness.environmentStatus(world)).freeze).toBeNull();
    });
  });

  it('refuses a bell of a change that was not taken back', async () => {
    const world = brokenWorld({}, { verification: [again] });
    await harness.with(world, async (start) => {
      const deploy = await start('deploy', deployOf(world));
      await deploy.result();
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await run.signal(bellNames.steppedBack, { workflowId: deploy.workflowId, ...(await described(deploy)) });
      const { refused } = await untilIncident(run, 'refused', (status) => status.refused.count > 0);
      expect(refused.last[0]?.reason).toContain('was not taken back');
      expect(await statusOfIncident(run)).toMatchObject({ brokenChanges: [], mitigations: [] });
      await endByWord(run);
    });
  });
});

async function described(run: ChangeHandle): Promise<{ firstExecutionRunId: string }> {
  const { raw } = await run.describe();
  return { firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId ?? '' };
}
