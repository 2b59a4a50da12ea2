import { describe, expect, it } from 'vitest';
import { clusterForFile } from '../sandbox/cluster.ts';
import { eventually } from '../until.ts';
import { ReleaseWorld } from './release-world.ts';

const cluster = clusterForFile();
const job = 'job/app-migrate-c1-a1';

/** Answers how many pods the controller has made for Jobs, those that are gone by now as well. */
async function podsMade({ target: { namespace } }: ReleaseWorld): Promise<number> {
  const { items } = await cluster.core.listNamespacedEvent({ namespace });
  const made = items.filter(
    ({ reason, involvedObject }) => reason === 'SuccessfulCreate' && involvedObject.kind === 'Job',
  );
  return made.length;
}

/** However a migration ends: its verdict and its log stay, and it runs once. */
describe('the Job of a migration', () => {
  it('that failed keeps its log, and so does the Job itself, until somebody deletes it (facts 38 and 40)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const { run } = await world.change().prepareMigration(artifact, ['sh', '-c', 'echo no such column; exit 4']);
    const { execution, startedAt, outcome } = await run();
    expect(outcome).toBe('failed');
    const log = await world.port.executionLog(world.target, { execution, since: startedAt });
    expect(log).toEqual({ lines: ['no such column'], isComplete: true });
    expect(await world.value(job, '{.spec.ttlSecondsAfterFinished}')).toBe('');
    // Once more, by the worker that comes after one that died: what has ended is read again, and not run again.
    expect(await run()).toMatchObject({ execution, outcome });
    expect(await podsMade(world)).toBe(1);
  });

  it('ends at its own time limit, which the verdict names, and keeps its log (facts 37 and 38)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const { run } = await world.change().prepareMigration(artifact, ['sh', '-c', 'echo locks; sleep 60'], 2);
    const { execution, startedAt, outcome, reason } = await run();
    expect({ outcome, reason }).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('DeadlineExceeded'),
    });
    const log = await world.port.executionLog(world.target, { execution, since: startedAt });
    expect(log).toEqual({ lines: ['locks'], isComplete: true });
    expect(await podsMade(world)).toBe(1);
  });

  it('makes no second pod where somebody deletes the first, and ends after that pod (fact 21)', async () => {
    const world = await ReleaseWorld.open(cluster, 'StatefulSet');
    const artifact = await world.artifact('a'.repeat(40));
    const goesSlowly = 'trap "sleep 2; exit 1" TERM; echo begun; while true; do sleep 0.1; done';
    const { run } = await world.change().prepareMigration(artifact, ['sh', '-c', goesSlowly]);
    expect(await world.value(job, '{.spec.podReplacementPolicy} {.spec.backoffLimit}')).toBe('Failed 0');
    const running = run();
    const pods = `job-name=app-migrate-c1-a1`;
    await eventually('the program', async () => (await world.kubectl('logs', '-l', pods)).stdout.includes('begun'));
    await world.kubectl('delete', 'pods', '-l', pods, '--wait=false');
    await eventually('the end of the pod begins', async () => {
      const ended = '{.status.conditions[*].type}';
      expect(await world.value(job, ended)).not.toContain('Failed');
      return (await world.value('pods', '{.items[*].metadata.deletionTimestamp}')) !== '';
    });
    expect(await running).toMatchObject({ outcome: 'failed' });
    expect(await world.value('pods', '{.items[?(@.status.phase=="Running")].metadata.name}')).toBe('');
    expect(await podsMade(world)).toBe(1);
  });
});
