import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AppliedSchedule } from '../../client/api/schedules.ts';
import { taskQueue } from '../../contract/ids.ts';
import { startStubServer, type StubServer } from './stub-server.ts';

const environmentOf = (name: string, schedules: string): string => `
    target: { kind: cloudRun, project: example-project, region: us-central1, service: shop-${name} }
    approvals: { required: [{ role: release-owner }] }
    smoke: [{ name: health, path: /healthz }]
    bake: { seconds: 1 }
    operators: [release-owner]
    ${schedules}
`;
const fileOf = (environments: Record<string, string>): string => `service: shop
description: an example
repository: { url: https://git.example.com/shop.git, branch: main }
owners:
  release-owner: [release-owner@example.com]
environments:
${Object.entries(environments)
  .map(([name, schedules]) => `  ${name}:${environmentOf(name, schedules)}`)
  .join('')}`;

const atSeven = `schedules: { dailyChecks: { at: ['07:00'], days: [mon, fri], timeZone: Europe/Berlin } }`;
const utc = (time: string): string => `{ at: ['${time}'], timeZone: UTC }`;
const both = `schedules: { dailyChecks: ${utc('07:00')}, checkDrift: ${utc('07:10')} }`;
const daily = 'dailyChecks/shop/staging';

describe('./slipway schedules apply', () => {
  let server: StubServer;
  let folder: string;
  beforeAll(async () => {
    server = await startStubServer();
  });
  afterAll(async () => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-schedules-'));
  });
  afterEach(async () => {
    for await (const { scheduleId } of schedules().list()) await schedules().getHandle(scheduleId).delete();
    await expect.poll(listed, { timeout: 10_000 }).toEqual([]);
    await rm(folder, { recursive: true });
  });

  const schedules = () => server.environment.client.schedule;
  const listed = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { scheduleId } of schedules().list()) ids.push(scheduleId);
    return ids.sort();
  };
  const save = (environments: Record<string, string>) =>
    writeFile(path.join(folder, 'shop.yaml'), fileOf(environments));
  const apply = (...more: string[]) => server.slipway('schedules', 'apply', '--catalog', folder, ...more);
  const applied = async (...more: string[]): Promise<Pick<AppliedSchedule, 'scheduleId' | 'action'>[]> => {
    const answer = (await server.json('schedules', 'apply', '--catalog', folder, ...more)) as {
      schedules: AppliedSchedule[];
    };
    return answer.schedules.map(({ scheduleId, action }) => ({ scheduleId, action }));
  };

  it('makes a schedule that the server describes as the catalog says, and whose run is the checks', async () => {
    await save({ staging: atSeven });
    expect(await apply()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^\+ dailyChecks of shop in staging: created, mon fri at 07:00 Europe\/Berlin, next \d/,
      ),
    });
    const { spec, action, policies, memo, info } = await schedules().getHandle(daily).describe();
    expect(spec).toMatchObject({
      timezone: 'Europe/Berlin',
      calendars: [
        { hour: [{ start: 7 }], minute: [{ start: 0 }], dayOfWeek: [{ start: 'MONDAY' }, { start: 'FRIDAY' }] },
      ],
    });
    expect(action).toMatchObject({
      workflowType: 'dailyChecks',
      taskQueue,
      args: [{ service: 'shop', environment: 'staging' }],
    });
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 12 * 3_600_000, pauseOnFailure: false });
    expect(memo).toEqual({ slipwaySchedule: { service: 'shop', environment: 'staging', workflowType: 'dailyChecks' } });
    expect(info.nextActionTimes[0]?.toISOString()).toMatch(/T0[56]:00:00/);

    await server.working(async () => {
      await schedules().getHandle(daily).trigger();
      const recent = async () => (await schedules().getHandle(daily).describe()).info.recentActions[0];
      await expect.poll(recent, { timeout: 10_000 }).toBeDefined();
      const { workflowId = '' } = (await recent())?.action.workflow ?? {};
      expect(workflowId).toMatch(/^dailyChecks\/shop\/staging-20/);
      const run = server.environment.client.workflow.getHandle(workflowId);
      expect(await run.result()).toMatchObject({ outcome: 'shop is well' });
    });
  });

  it('does nothing the second time', async () => {
    await save({ staging: both });
    const ids = ['dailyChecks/shop/staging', 'checkDrift/shop/staging'];
    expect(await applied()).toEqual(ids.map((scheduleId) => ({ scheduleId, action: 'created' })));
    const { info } = await schedules().getHandle(daily).describe();
    expect(await applied()).toEqual(ids.map((scheduleId) => ({ scheduleId, action: 'unchanged' })));
    expect((await schedules().getHandle(daily).describe()).info.lastUpdatedAt).toEqual(info.lastUpdatedAt);
  });

  it('follows an edit of the catalog, writes over one by hand, and leaves a pause', async () => {
    await save({ staging: atSeven });
    await applied();
    const handle = schedules().getHandle(daily);
    await handle.pause('an incident');
    expect(await apply()).toMatchObject({ stdout: expect.stringMatching(/^= .*unchanged.*paused$/) });
    await save({ staging: both });
    expect(await applied()).toMatchObject([{ action: 'updated' }, { action: 'created' }]);
    expect(await handle.describe()).toMatchObject({
      spec: { timezone: 'UTC' },
      state: { paused: true, note: 'an incident' },
    });
    await handle.update(({ spec: _spec, ...rest }) => ({ ...rest, spec: { cronExpressions: ['* * * * *'] } }));
    expect(await applied()).toMatchObject([{ scheduleId: daily, action: 'updated' }, { action: 'unchanged' }]);
    expect((await handle.describe()).spec.calendars).toMatchObject([{ hour: [{ start: 7 }], minute: [{ start: 0 }] }]);
  });

  it("deletes what the catalog has no more, and nobody else's; says it before with --dry-run", async () => {
    const action = { type: 'startWorkflow', workflowType: 'checkDrift', taskQueue, args: [{}] } as const;
    await schedules().create({ scheduleId: 'by-hand', spec: {}, action });
    await save({ staging: both, production: atSeven });
    expect(await applied('--dry-run')).toMatchObject([
      { action: 'created' },
      { action: 'created' },
      { action: 'created' },
    ]);
    expect(await listed()).toEqual(['by-hand']);
    await applied();
    await expect.poll(listed, { timeout: 10_000 }).toHaveLength(4);

    await save({ staging: '' });
    expect((await apply('--dry-run')).stdout).toContain(
      '- dailyChecks of shop in production: would be deleted, the catalog has it no more',
    );
    expect(await listed()).toHaveLength(4);
    expect((await applied()).map(({ action: done }) => done)).toEqual(['deleted', 'deleted', 'deleted']);
    await expect.poll(listed, { timeout: 10_000 }).toEqual(['by-hand']);
    expect(await apply()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('the catalog has no schedules'),
    });
  });

  it('does not touch a schedule of its name that somebody else has made', async () => {
    const action = { type: 'startWorkflow', workflowType: 'checkDrift', taskQueue, args: [{}] } as const;
    await schedules().create({ scheduleId: daily, spec: {}, action });
    await save({ staging: atSeven });
    expect(await apply()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('somebody else has made') });
    expect((await schedules().getHandle(daily).describe()).action.workflowType).toBe('checkDrift');
  });

  it('deletes nothing by a catalog that cannot be read, or an environment that cannot be used', async () => {
    await save({ staging: both });
    await applied();
    await expect.poll(listed, { timeout: 10_000 }).toHaveLength(2);
    await writeFile(path.join(folder, 'shop.yaml'), fileOf({ staging: both }).replace('seconds: 1', 'seconds: soon'));
    expect(await apply()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('must be a number of seconds'),
    });
    await rm(path.join(folder, 'shop.yaml'));
    expect(await apply()).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('has no services') });
    const unset = fileOf({ staging: both, production: '' }).replace(
      'service: shop-staging }',
      'service: "${SLIPWAY_NOT_SET}" }',
    );
    await writeFile(path.join(folder, 'shop.yaml'), unset);
    expect((await applied()).map(({ action }) => action)).toEqual(['kept', 'kept']);
    expect(await listed()).toHaveLength(2);
  });
});
