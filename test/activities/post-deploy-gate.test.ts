import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createPostDeployGateActivities, type GateJob, type GateJobReport } from '../../activities/post-deploy-gate.ts';
import type { ExecutionLog } from '../../activities/ports/target.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { asEveryKind } from '../workflows/fake-platform.ts';
import { artifactOf, commits, targetEntry, World } from '../workflows/world.ts';

const smoke = { command: ['smoke'], args: [], variables: {}, timeoutSeconds: 60 };
const marker = { change: 'c1', step: 'gate-migration', attempt: 1, fence: { number: 1, sequence: 1 } };
const migration: GateJob = { purpose: 'migration', fallback: false };

/** Judges a job that succeeded, by logs that its platform has at each look. */
async function reportOf(
  looks: ExecutionLog[],
  { nothingPending, job = migration, fails }: { nothingPending?: string[]; job?: GateJob; fails?: boolean } = {},
): Promise<GateJobReport> {
  const settings: Partial<CatalogEntry['settings']> = {
    target: { ...targetEntry('service'), smokeJob: 'service-smoke' },
    postDeployGate: { smoke, ...(nothingPending && { nothingPending }) },
  };
  const world = new World(settings);
  if (fails) world.migrationOutcomes.push('failed');
  const [first, ...later] = looks;
  let last = first;
  const executionLog = async (): Promise<ExecutionLog> => {
    const answer = last ?? { lines: [], isComplete: true };
    last = later.shift() ?? last;
    return answer;
  };
  const targets = asEveryKind({ ...world.target(), executionLog });
  const { runGateJob } = createPostDeployGateActivities({ targets });
  const ready = { version: '1', digest: '', job: job.purpose === 'smoke' ? 'service-smoke' : 'service-migrate' };
  const request = { entry: world.entry, marker, artifact: artifactOf(commits.good), ready, job };
  return new MockActivityEnvironment().run(runGateJob, request);
}

/** A job of a post-deploy gate is judged by its end, and a repeated migration also by what it says. */
describe('a job of a post-deploy gate', () => {
  const nothing = { lines: ['migrations: nothing is pending', 'verified'], isComplete: true };
  const nothingPending = ['nothing is pending'];

  it('passes when its log says that nothing was left to do, wherever the line stands', async () => {
    expect(await reportOf([nothing], { nothingPending })).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('nothing is pending'),
      log: nothing.lines,
    });
  });

  it('waits for a log that arrives late', async () => {
    const late = { lines: ['starting'], isComplete: false };
    expect(await reportOf([late, nothing], { nothingPending })).toMatchObject({ verdict: 'pass' });
  });

  it('fails when a whole log does not say so, and is inconclusive while the log is not whole', async () => {
    const applied = ['applied migration 3'];
    expect(await reportOf([{ lines: applied, isComplete: true }], { nothingPending })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('it found something left to do'),
    });
    expect(await reportOf([{ lines: applied, isComplete: false }], { nothingPending })).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('the log is not whole yet'),
    });
  });

  it('needs nothing in its log where the catalog does not ask for it; a smoke never does', async () => {
    const silent = { lines: [], isComplete: true };
    expect(await reportOf([silent])).toMatchObject({ verdict: 'pass' });
    expect(await reportOf([silent], { nothingPending, job: { purpose: 'smoke' } })).toMatchObject({ verdict: 'pass' });
  });

  it('fails with the last line when it failed, whatever else its log says', async () => {
    expect(await reportOf([nothing], { nothingPending, fails: true })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('failed: verified'),
    });
  });

  it('shows messages of structured lines, short, at most twelve, and no password of an address', async () => {
    const lines = [
      ...Array.from({ length: 20 }, (_, index) => `line ${index}`),
      JSON.stringify({ severity: 'ERROR', message: 'cannot reach postgres://runtime:hunter2@db.example/runtime' }),
      `\u001b[31m${'x'.repeat(1_000)}`,
    ];
    const { log } = await reportOf([{ lines, isComplete: true }]);
    expect(log).toHaveLength(12);
    expect(log.at(-2)).toBe('cannot reach postgres://[secret]@db.example/runtime');
    expect(log.at(-1)).toBe('x'.repeat(300));
  });
});
